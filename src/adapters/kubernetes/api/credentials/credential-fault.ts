/** Credentials cannot be had; the message says why, in words for people. */
export class CredentialFault extends Error {
  override readonly name = 'CredentialFault';
}
