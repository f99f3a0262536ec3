/**
 * Whether one `resourceVersion` is visibly older than another: both are decimal numbers and the first is the smaller.
 *
 * Versions are opaque by contract, and numbers in every server there is. So this may raise a doubt about a stream, or
 * end one sooner; where versions are no numbers it is never true, and nothing depends on it.
 */
export function isOlder(version: string, than: string): boolean {
  if (!/^[1-9]\d*$/.test(version) || !/^[1-9]\d*$/.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
