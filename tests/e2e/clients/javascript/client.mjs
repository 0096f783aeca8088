// SPDX-License-Identifier: Apache-2.0
// The official JavaScript client's way through the API: one line "ok NAME" for each thing that works; the first that does not ends it.
//   node client.mjs NAMESPACE POD      with KUBECONFIG set; POD runs in NAMESPACE
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const [namespace, pod] = process.argv.slice(2);
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);

async function check(name, what) {
    await what();
    console.log(`ok ${name}`);
}

async function refusal(call) {
    try {
        await call();
    } catch (error) {
        return { code: error.code, status: JSON.parse(error.body) };
    }
    assert.fail('was not refused');
}

function withType(type) {
    return k8s.setHeaderOptions('Content-Type', type);
}

const body = { metadata: { name: 'js', labels: { by: 'js' } }, data: { a: '1' } };

await check('create and read', async () => {
    const made = await core.createNamespacedConfigMap({ namespace, body });
    assert.ok(made.metadata.creationTimestamp instanceof Date);
    assert.deepEqual((await core.readNamespacedConfigMap({ name: 'js', namespace })).data, { a: '1' });
});

await check('refusals', async () => {
    assert.equal((await refusal(() => core.createNamespacedConfigMap({ namespace, body }))).status.reason, 'AlreadyExists');
    assert.equal((await refusal(() => core.readNamespacedConfigMap({ name: 'none', namespace }))).code, 404);
    const bad = { metadata: { name: 'Not_A_Name' } };
    const { code, status } = await refusal(() => core.createNamespacedConfigMap({ namespace, body: bad }));
    assert.equal(code, 422);
    assert.equal(status.details.causes[0].field, 'metadata.name');
});

await check('replace and conflict', async () => {
    const old = await core.readNamespacedConfigMap({ name: 'js', namespace });
    await core.replaceNamespacedConfigMap({ name: 'js', namespace, body: { ...old, data: { a: '2' } } });
    const { code } = await refusal(() => core.replaceNamespacedConfigMap({ name: 'js', namespace, body: { ...old, data: { a: '3' } } }));
    assert.equal(code, 409);
});

await check('patches', async () => {
    for (const [type, patch] of [
        ['application/json-patch+json', [{ op: 'add', path: '/data/b', value: '2' }]],
        ['application/merge-patch+json', { data: { c: '3' } }],
        ['application/strategic-merge-patch+json', { data: { d: '4' } }],
    ])
        await core.patchNamespacedConfigMap({ name: 'js', namespace, body: patch }, withType(type));
    assert.deepEqual((await core.readNamespacedConfigMap({ name: 'js', namespace })).data, { a: '2', b: '2', c: '3', d: '4' });
});

await check('dry run', async () => {
    await core.createNamespacedConfigMap({ namespace, dryRun: 'All', body: { metadata: { name: 'dry' } } });
    assert.equal((await refusal(() => core.readNamespacedConfigMap({ name: 'dry', namespace }))).code, 404);
});

await check('pages', async () => {
    for (let i = 0; i < 5; i++)
        await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: `page-${i}`, labels: { page: 'yes' } } } });
    const names = [];
    let _continue;
    do {
        const page = await core.listNamespacedConfigMap({ namespace, labelSelector: 'page=yes', limit: 2, _continue });
        assert.ok(page.items.length <= 2);
        names.push(...page.items.map((item) => item.metadata.name));
        _continue = page.metadata._continue;
    } while (_continue);
    assert.deepEqual(names, [0, 1, 2, 3, 4].map((i) => `page-${i}`));
});

await check('watch', async () => {
    const seen = [];
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    let controller;
    const ended = new Promise((resolve) => {
        controller = new k8s.Watch(config).watch(
            `/api/v1/namespaces/${namespace}/configmaps`,
            { resourceVersion: metadata.resourceVersion, labelSelector: 'page=yes' },
            (type, object) => {
                seen.push(`${type} ${object.metadata.name}`);
                if (type === 'DELETED') controller.then((c) => c.abort());
            },
            resolve,
        );
    });
    await controller;
    await core.patchNamespacedConfigMap({ name: 'page-0', namespace, body: { data: { x: '1' } } }, withType('application/merge-patch+json'));
    await core.deleteNamespacedConfigMap({ name: 'page-1', namespace });
    await ended;
    assert.deepEqual(seen, ['MODIFIED page-0', 'DELETED page-1']);
});

await check('informer', async () => {
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: 'page=yes' });
    const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'page=yes');
    const added = new Promise((resolve) => informer.on('add', (object) => object.metadata.name === 'page-9' && resolve()));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'page-9', labels: { page: 'yes' } } } });
    await added;
    assert.ok(informer.get('page-9', namespace));
    await informer.stop();
});

await check('delete collection', async () => {
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'page=yes' });
    assert.equal((await core.listNamespacedConfigMap({ namespace, labelSelector: 'page=yes' })).items.length, 0);
    await core.deleteNamespacedConfigMap({ name: 'js', namespace });
});

await check('scale', async () => {
    const template = { metadata: { labels: { app: 'js' } }, spec: { containers: [{ name: 'c', image: 'example/none:1' }] } };
    const spec = { replicas: 0, selector: { matchLabels: { app: 'js' } }, template };
    await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'js' }, spec } });
    const scale = await apps.readNamespacedDeploymentScale({ name: 'js', namespace });
    assert.equal(scale.spec.replicas ?? 0, 0);
    await apps.deleteNamespacedDeployment({ name: 'js', namespace });
});

await check('generic objects', async () => {
    const client = k8s.KubernetesObjectApi.makeApiClient(config);
    const document = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'js', namespace }, stringData: { a: 'b' } };
    const made = await client.create(document);
    assert.equal(made.data.a, Buffer.from('b').toString('base64'));
    await client.patch({ ...document, metadata: { ...document.metadata, labels: { x: 'y' } } });
    assert.equal((await client.read(document)).metadata.labels.x, 'y');
    await client.delete(document);
});

await check('logs', async () => {
    const log = new PassThrough();
    let text = '';
    log.on('data', (chunk) => (text += chunk));
    const controller = await new k8s.Log(config).log(namespace, pod, 'day-service', log, { follow: true });
    while (!text.includes('listens on port')) await new Promise((resolve) => log.once('data', resolve));
    controller.abort();
});

await check('exec', async () => {
    const out = new PassThrough();
    let text = '';
    out.on('data', (chunk) => (text += chunk));
    const run = (command) =>
        new Promise((resolve, reject) =>
            new k8s.Exec(config).exec(namespace, pod, 'day-service', command, out, out, null, false, resolve).catch(reject),
        );
    assert.equal((await run(['/day-service', 'call', 'http://127.0.0.1:8080/health'])).status, 'Success');
    assert.match(text, /healthy/);
    const failed = await run(['/day-service', 'call', 'http://127.0.0.1:1/']);
    assert.equal(failed.reason, 'NonZeroExitCode');
    assert.equal(failed.details.causes[0].message, '1');
});

process.exit(0);
