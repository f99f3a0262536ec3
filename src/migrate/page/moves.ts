import type { PlanReport, ServicePlan, SessionChange } from '../planning/index.ts';
import { type Html, html } from './html.ts';
import { ASPECTS, type Speakers, shown } from './outlook.ts';
import { count } from './words.ts';

/** What changes for Services, one line for each thing that does. */
export function moves({ services, cluster, verdict }: PlanReport): Html {
  const moved = services.filter(({ changes }) => changes.length > 0);
  if (moved.length === 0 && verdict.unknown.length > 0) {
    return html`<p>Nothing that could be told; ${verdict.unknown.join(', ')}.</p>`;
  }
  if (moved.length === 0) {
    return html`<p>
      Every Service keeps its addresses, its pool, the node that answers for it and its BGP routes.
    </p>`;
  }
  return html`<table>
    <caption>
      ${count(moved.length, 'Service changes', 'Services change')}; what is not named stays as it is
    </caption>
    <thead>
      <tr>
        <th scope="col" class="w3">Service</th>
        <th scope="col" class="w2">What</th>
        <th scope="col">Before</th>
        <th scope="col">After</th>
      </tr>
    </thead>
    ${moved.map((plan) => movedService(plan, cluster.speakers))}
  </table>`;
}

function movedService(plan: ServicePlan, speakers: Speakers): Html {
  const rows = plan.changes.map((aspect, index) => {
    const name = html`<th scope="rowgroup" rowspan="${plan.changes.length}">${plan.service}</th>`;
    return html`<tr>
      ${index === 0 ? name : undefined}
      <td data-column="What">${ASPECTS[aspect]}</td>
      <td data-column="Before">${shown(aspect, 'before', { plan, speakers })}</td>
      <td data-column="After">${shown(aspect, 'after', { plan, speakers })}</td>
    </tr> `;
  });
  return html`<tbody>
    ${rows}
  </tbody>`;
}

/** Sessions that are touched; nothing where none is. */
export function sessions({ sessions: list }: PlanReport): Html | undefined {
  if (list.length === 0) return undefined;
  return html`<table>
    <caption>
      ${count(list.length, 'session begins, ends or is', 'sessions begin, end or are')} reset
    </caption>
    <thead>
      <tr>
        <th scope="col" class="w3">Node</th>
        <th scope="col" class="w3">Peer</th>
        <th scope="col" class="w2">What</th>
        <th scope="col">Because of</th>
      </tr>
    </thead>
    <tbody>
      ${list.map(sessionRow)}
    </tbody>
  </table>`;
}

function sessionRow({ node, peer, change, because }: SessionChange): Html {
  return html`<tr>
    <th scope="row">${node}</th>
    <td data-column="Peer"><span class="mono">${peer}</span></td>
    <td data-column="What"><span class="tag">${change}</span></td>
    <td data-column="Because of">${because.join(', ')}</td>
  </tr> `;
}
