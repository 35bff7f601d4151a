'use strict';
/* The clusters that the journal knows, and one of them: its nodes, certificates and backups, and the actions that look after it. */

const SOON = 60;

const clusters = {
  async show(name) {
    if (!newRun.actions.length) await newRun.readActions();
    const shown = name ? await this.named(name) : this.all((await ask('/clusters')).clusters);
    byId('clusters').replaceChildren(el('a', {class: 'back', href: name ? '#/clusters' : '#/', text: name ? 'All clusters' : 'All runs'}), ...shown);
  },

  async named(name) {
    try {
      const [cluster, last] = await Promise.all([ask('/clusters/' + encodeURIComponent(name)), ask('/runs?' + new URLSearchParams({cluster: name, limit: 20}))]);
      return this.one(cluster, last.runs);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      return [el('h1', {text: name}), el('p', {class: 'soft', text: 'The journal has no run of this cluster.'})];
    }
  },

  all(known) {
    if (!known.length) {
      return [el('h1', {text: 'Clusters'}), el('p', {class: 'soft'}, 'No clusters yet. ', el('a', {href: '#/new', text: 'Write a spec'}),
        ', or take over a cluster that kubeadm made: ', el('code', {text: 'caravan adopt USER@HOST'}))];
    }
    return [el('h1', {text: 'Clusters'}), scrolling('Clusters', table(['cluster', 'Kubernetes', 'nodes', 'certificates', 'newest backup', 'last run'],
      known.map(cluster => [
        el('a', {href: '#/clusters/' + encodeURIComponent(cluster.name), text: cluster.name}), cluster.version || '',
        String(cluster.nodes.length || ''), days(cluster.certificateDays),
        cluster.backups.length ? when(cluster.backups[0].createdAt) : 'none', runLink(cluster.lastRun)])))];
  },

  one(cluster, runs) {
    // The spec of an adoption only names the host that was looked at.
    const of = (runs.find(run => run.action !== 'adopt') || cluster.lastRun).id;
    return [
      el('div', {class: 'head'}, el('h1', {}, cluster.name, cluster.version ? el('span', {class: 'tag', text: 'Kubernetes ' + cluster.version}) : null),
        el('div', {class: 'actions'}, el('a', {class: 'button strong', href: to(of, 'apply'), text: 'Change it'}),
          cluster.kubeconfig ? el('button', {type: 'button', ...(caller.token ? caller.allowing('admin') : {}), text: 'Download the kubeconfig', onclick: () => this.download(cluster.name)}) : null),
        el('p', {class: 'about', text: 'To upgrade it, or to add or remove a host, change its spec and plan.'}),
        el('p', {class: 'problem', role: 'alert', id: 'cluster-problem', hidden: true})),
      el('h2', {text: 'Nodes'}),
      cluster.nodes.length ? scrolling('Nodes', table(['node', 'roles', 'address', 'kubelet', 'certificates'],
        cluster.nodes.map(node => [el('b', {text: node.name}), node.roles.join(', '), node.address, node.version || '', days(node.certificateDays)])))
        : el('p', {class: 'soft', text: 'None is known: no run has brought it up, or it was reset.'}),
      el('h2', {text: 'Backups'}),
      cluster.backups.length ? scrolling('Backups', table(['backup', 'taken', 'Kubernetes', 'etcd revision', 'size', ''],
        cluster.backups.map(backup => [backup.id, when(backup.createdAt), backup.version, String(backup.revision), size(backup.bytes) + (backup.encrypted ? ', encrypted' : ''),
          el('a', {href: to(of, 'restore', 'backup', backup.id), text: 'Restore'})])))
        : el('p', {class: 'soft', text: 'None yet.'}),
      el('h2', {text: 'Actions'}),
      el('ul', {class: 'choices'}, ...newRun.actions.filter(action => !['plan', 'adopt', 'rollback'].includes(action.name)).map(action => el('li', {},
        el('a', {href: to(of, action.name), text: action.name}), el('span', {class: 'soft', text: action.title})))),
      el('h2', {text: 'Last runs'}),
      scrolling('Last runs', table(['run', 'action', 'begun', 'took'], runs.slice(0, 10).map(run =>
        [runLink(run), run.action, when(run.createdAt), run.endedAt ? since(run.createdAt, run.endedAt) : ''])))];
  },

  /** Into a file, under a name as kubectl's configurations have it. */
  async download(name) {
    try {
      const text = await askText('/clusters/' + encodeURIComponent(name) + '/kubeconfig');
      save(text, name + '.kubeconfig', 'application/yaml');
    } catch (problem) {
      byId('cluster-problem').hidden = false;
      setText(byId('cluster-problem'), problem.message);
    }
  }
};

const to = (run, ...rest) => '#/new/' + [run, ...rest].map(encodeURIComponent).join('/');

function table(names, rows) {
  return el('table', {class: 'data'}, headings(names),
    el('tbody', {}, ...rows.map(cells => el('tr', {}, ...cells.map(cell => el('td', {}, cell))))));
}

function days(left) {
  if (left === undefined) return '';
  const words = left < 0 ? 'expired' : plural(left, 'day') + ' left';
  return left > SOON ? words : el('b', {class: 'problem', text: words});
}

function runLink(run) {
  return el('a', {class: 'run-link ' + run.state, href: '#/runs/' + encodeURIComponent(run.id)}, icon(run.state), ' ' + run.state);
}

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let rest = bytes;
  for (; rest >= 1024 && at < units.length - 1; at++) rest /= 1024;
  return (at && rest < 10 ? rest.toFixed(1) : Math.round(rest)) + ' ' + units[at];
}
