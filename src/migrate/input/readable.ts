/** An input that there is no text of: the command could not run. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly why: string;
}
