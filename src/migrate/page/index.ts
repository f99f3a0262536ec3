/**
 * A plan as one HTML page that can go into a change request: the verdict first, then what is made, what moves, and every
 * Service. It needs no script and nothing from anywhere, says the same of the same plan to the octet, and shows
 * whatever names hold as text.
 *
 * @packageDocumentation
 */
export { planPage } from './page.ts';
