import type { PlanReport, ServicePlan } from '../planning/index.ts';
import { type Html, html } from './html.ts';
import { ASPECTS, type Speakers, addresses, announcers } from './outlook.ts';
import { count } from './words.ts';

/** Every Service as it will be, folded away: there may be ten thousand. */
export function services({ services: list, cluster }: PlanReport): Html {
  if (list.length === 0) return html`<p>There is no Service of type LoadBalancer.</p>`;
  return html`<details>
    <summary>${count(list.length, 'Service')}, as they will be</summary>
    <table class="services">
      <caption>
        Every Service of type LoadBalancer, as it will be
      </caption>
      <thead>
        <tr>
          <th scope="col" class="w3">Service</th>
          <th scope="col" class="w2">Addresses</th>
          <th scope="col" class="w2">Pool</th>
          <th scope="col">Announced by</th>
          <th scope="col" class="w2">Plan</th>
        </tr>
      </thead>
      <tbody>
        ${list.map((plan) => row(plan, cluster.speakers))}
      </tbody>
    </table>
  </details>`;
}

function row(plan: ServicePlan, speakers: Speakers): Html {
  const { service, after, changes } = plan;
  const word =
    changes.length === 0
      ? 'stays'
      : html`<span class="tag">changes:</span> ${changes.map((one) => ASPECTS[one]).join(', ')}`;
  return html`<tr>
    <th scope="row">${service}</th>
    <td>${addresses(after)}</td>
    <td>${after.pool}</td>
    <td>${announcers(after, speakers)}</td>
    <td>${word}${underWay(plan)}</td>
  </tr> `;
}

/** Something still moves by itself: what the plan compares is not what the status says now. */
function underWay({ carries, before }: ServicePlan): Html | undefined {
  if (carries.join() === before.addresses.join()) return undefined;
  const now = carries.length === 0 ? 'no address yet' : carries.join(', ');
  return html`<span class="note">has ${now} at the moment</span>`;
}
