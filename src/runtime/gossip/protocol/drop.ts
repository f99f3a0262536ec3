/**
 * Why a datagram, or a message in it, counts for nothing.
 *
 * - `label`: of another ring, or of one with labels while ours has none
 * - `decryption`: no key of ours opens it
 * - `checksum`: damaged on its way
 * - `compression`: no LZW
 * - `oversized`: comes to more than any member sends, as bombs do
 * - `truncatedCompound`: ends before what it says it holds
 * - `tooDeep`: containers in containers in containers
 * - `malformed`: not what its type says
 * - `unknownType`: nothing that datagrams carry
 */
export type DropReason =
  | 'label'
  | 'decryption'
  | 'checksum'
  | 'compression'
  | 'oversized'
  | 'truncatedCompound'
  | 'tooDeep'
  | 'malformed'
  | 'unknownType';
