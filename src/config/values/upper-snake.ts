/** `taxonomyBase` and `taxonomy-base` as `TAXONOMY_BASE`, the way names of variables are written. */
export function upperSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}
