/**
 * Makes certificates. Apart from the rest of the webhook, because the library it needs is large: it is loaded by a
 * thread that ends when it is done. docs/adr/0017-webhook-certificates.md
 *
 * @packageDocumentation
 */
export { type IssueOrder, type Issued, issue } from './issue.ts';
