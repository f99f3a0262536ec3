import type { ObjectChange, PlanReport } from '../planning/index.ts';
import { type Html, html } from './html.ts';
import { capitalized, count } from './words.ts';

type Action = ObjectChange['action'];

/** In the order in which a reader wants them. */
const ACTIONS: readonly (readonly [Action, string])[] = [
  ['create', 'created'],
  ['change', 'changed'],
  ['delete', 'deleted'],
  ['extra', 'there besides, and in force'],
  ['leave', 'left alone'],
];

/** More of one sort than this are folded away. */
const MOST_SHOWN = 40;

/** Every object, by what happens to it. */
export function objects({ objects: list }: PlanReport): Html {
  if (list.length === 0) return html`<p>No object of the cluster is touched.</p>`;
  return html`${ACTIONS.map(([action, words]) =>
    table(
      list.filter((one) => one.action === action),
      words,
    ),
  )}`;
}

/** `12 objects are created, 1 is changed`. */
export function objectCounts(list: readonly ObjectChange[]): string {
  const counted = ACTIONS.flatMap(([action, words]) => {
    const number = list.filter((one) => one.action === action).length;
    return number === 0 ? [] : [`${number} ${words}`];
  });
  return counted.length === 0 ? 'none' : counted.join(', ');
}

function table(list: readonly ObjectChange[], words: string): Html | undefined {
  if (list.length === 0) return undefined;
  const changes = list.some(({ fields }) => fields.length > 0);
  const title = `${count(list.length, 'object')} ${words}`;
  const rows = html`<table>
    <caption>
      ${capitalized(words)}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="w3">Kind</th>
        <th scope="col">Name</th>
        ${changes ? html`<th scope="col">Fields</th>` : undefined}
      </tr>
    </thead>
    <tbody>
      ${list.map((one) => row(one, changes))}
    </tbody>
  </table>`;
  const folded = list.length > MOST_SHOWN || words === 'left alone';
  return folded
    ? html`<details>
        <summary>${title}</summary>
        ${rows}
      </details>`
    : rows;
}

function row({ kind, name, namespace, fields }: ObjectChange, changes: boolean): Html {
  const where =
    namespace === undefined ? undefined : html` <span class="quiet">in ${namespace}</span>`;
  const more = changes ? html`<td data-column="Fields">${fields.join(', ')}</td>` : undefined;
  return html`<tr>
    <th scope="row">${kind}</th>
    <td data-column="Name">${name}${where}</td>
    ${more}
  </tr> `;
}

/** Pools that get another name, and who asks for them by the old one. */
export function renames({ renames: list, renamedRequests }: PlanReport): Html | undefined {
  if (list.length === 0) return undefined;
  const rows = list.map(
    ({ from, to }) =>
      html`<tr>
        <th scope="row">${from}</th>
        <td data-column="As an object">${to}</td>
      </tr> `,
  );
  return html`<table>
      <caption>
        ${count(list.length, 'pool gets a name', 'pools get names')} that an object may have
      </caption>
      <thead>
        <tr>
          <th scope="col">In the ConfigMap</th>
          <th scope="col">As an object</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${requests(renamedRequests)}`;
}

function requests(list: PlanReport['renamedRequests']): Html | undefined {
  if (list.length === 0) return undefined;
  const title = `${count(list.length, 'Service asks', 'Services ask')} for such a pool by its old name; the controller takes both`;
  const rows = list.map(
    ({ service, annotation, from, to }) =>
      html`<tr>
        <th scope="row">${service}</th>
        <td data-column="Annotation">${annotation}</td>
        <td data-column="Old">${from}</td>
        <td data-column="New">${to}</td>
      </tr> `,
  );
  return html`<table>
    <caption>
      ${title}
    </caption>
    <thead>
      <tr>
        <th scope="col">Service</th>
        <th scope="col">Annotation</th>
        <th scope="col" class="w2">Old</th>
        <th scope="col" class="w2">New</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}
