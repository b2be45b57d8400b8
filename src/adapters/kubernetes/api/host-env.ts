/** The environment of the program; only the composition root reads it, everybody else is handed it. */
export type HostEnv = Readonly<Record<string, string | undefined>>;
