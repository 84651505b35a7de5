import type { Block, Page } from './page.ts';

type Rows = readonly (readonly [theirs: string, ours: string])[];

const docker: Rows = [
  ['docker images', 'ocikit images LAYOUT'],
  ['docker image inspect app', 'ocikit inspect LAYOUT:app'],
  ['docker history app', 'ocikit history LAYOUT:app'],
  ['docker diff CONTAINER', 'ocikit diff BUNDLE, or ocikit diff IMAGE DIRECTORY'],
  ['docker commit -c CMD… CONTAINER app', 'ocikit commit BUNDLE LAYOUT:app -c CMD…'],
  ['docker import rootfs.tar app', 'ocikit import rootfs.tar LAYOUT:app'],
  ['docker export CONTAINER', 'ocikit export LAYOUT:app'],
  ['docker save app -o app.tar', 'ocikit save LAYOUT:app -o app.tar'],
  ['docker load -i app.tar', 'ocikit load -i app.tar LAYOUT'],
  ['docker tag app app:v1', 'ocikit tag LAYOUT:app app:v1'],
  ['docker rmi app:v1', 'ocikit rmi LAYOUT:app:v1; the image stays, reachable by digest'],
];

const umoci: Rows = [
  ['umoci init --layout img', 'ocikit init img'],
  ['umoci unpack --image img:tag bundle', 'ocikit unpack img:tag bundle --bundle'],
  ['umoci repack --image img:new bundle', 'ocikit commit bundle img:new'],
  ['umoci raw unpack --image img:tag rootfs', 'ocikit unpack img:tag rootfs'],
  ['umoci tag --image img:tag new', 'ocikit tag img:tag new'],
  ['umoci rm --image img:tag', 'ocikit untag img:tag'],
  ['umoci gc --layout img', 'ocikit gc img'],
  ['umoci ls --layout img', "ocikit images img --format '{{.Tag}}'"],
  ['umoci stat --image img:tag', 'ocikit history img:tag'],
];

const skopeo: Rows = [
  ['skopeo inspect oci:img:tag', 'ocikit inspect img:tag'],
  ['skopeo inspect --raw oci:img:tag', 'ocikit inspect img:tag --raw manifest'],
  ['skopeo inspect --config --raw oci:img:tag', 'ocikit inspect img:tag --raw config'],
  ['skopeo copy oci:a:tag oci:b:tag', 'ocikit copy a:tag b:tag'],
  ['skopeo copy --all oci:a:tag oci:b:tag', 'ocikit copy a:tag b:tag --all'],
  ['skopeo copy oci:a:tag docker-archive:a.tar:app:v1', 'ocikit copy a:tag docker-archive:a.tar:app:v1'],
  ['skopeo copy docker://name oci:img:tag', 'the same: to and from a registry skopeo does the work'],
];

const crane: Rows = [
  ['crane export IMAGE - ', 'ocikit export img:tag'],
  ['crane config IMAGE', 'ocikit inspect img:tag --raw config'],
  ['crane manifest IMAGE', 'ocikit inspect img:tag --raw manifest'],
  ['crane append -f layer.tar', 'ocikit commit ROOTFS img:new --base img:tag'],
  ['crane tag IMAGE new', 'ocikit tag img:tag new'],
  ['crane copy A B', 'ocikit copy a:tag b:tag'],
  ['crane validate --tarball a.tar', 'ocikit validate a.tar'],
];

const section = (tool: string, rows: Rows): readonly Block[] => [
  { kind: 'heading', text: tool },
  { kind: 'terms', terms: rows },
];

/** What people who know another tool type here. */
export const comingFrom: Page = {
  name: 'Coming from docker, umoci, skopeo or crane',
  title:
    'What you type there, and here. A layout is a directory (img), an image in it img:tag; archives do as well for reading.',
  blocks: [
    ...section('docker', docker),
    ...section('umoci', umoci),
    ...section('skopeo', skopeo),
    ...section('crane', crane),
  ],
};
