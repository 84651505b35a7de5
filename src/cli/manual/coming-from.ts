import type { Block, Page } from './page.ts';

/** What is typed there and what here, a line that runs; and what there is to say of it. */
type Rows = readonly (readonly [theirs: string, ours: string, note?: string])[];

const docker: Rows = [
  ['docker images', 'ocikit images LAYOUT'],
  ['docker image inspect app', 'ocikit inspect LAYOUT:app'],
  ['docker history app', 'ocikit history LAYOUT:app'],
  ['docker diff CONTAINER', 'ocikit diff BUNDLE', 'or two of anything: ocikit diff IMAGE DIRECTORY'],
  ["docker commit -c 'CMD sh' CONTAINER app", "ocikit commit BUNDLE LAYOUT:app -c 'CMD sh'"],
  ['docker import rootfs.tar app', 'ocikit import rootfs.tar LAYOUT:app'],
  ['docker export CONTAINER', 'ocikit export LAYOUT:app'],
  ['docker save app -o app.tar', 'ocikit save LAYOUT:app -o app.tar'],
  ['docker load -i app.tar', 'ocikit load -i app.tar LAYOUT'],
  ['docker tag app app:v1', 'ocikit tag LAYOUT:app app:v1'],
  ['docker rmi app:v1', 'ocikit rmi LAYOUT:app:v1', 'the image stays, reachable by digest, until gc'],
  ['docker build -t app .', 'ocikit build . -t LAYOUT:app'],
  ['docker run --rm -it app sh', 'ocikit run --rm -it LAYOUT:app sh'],
  ['docker sbom app --format spdx-json', 'ocikit packages LAYOUT:app --sbom spdx'],
  ['docker image prune', 'ocikit gc LAYOUT'],
  ['docker cp CONTAINER:/etc/motd .', 'ocikit cp LAYOUT:app:/etc/motd .'],
  ['docker cp motd CONTAINER:/etc/', 'ocikit append LAYOUT:app --add motd:/etc/'],
  ['docker run -e A=b app ls /', 'ocikit run LAYOUT:app -e A=b -- ls /'],
  ['docker exec CONTAINER ls -l /etc', 'ocikit files LAYOUT:app /etc -l'],
  ['docker exec CONTAINER cat /etc/motd', 'ocikit cat LAYOUT:app /etc/motd'],
  ['docker buildx imagetools create -t multi one two', 'ocikit index create LAYOUT:multi LAYOUT:one LAYOUT:two'],
  ['docker buildx imagetools inspect multi', 'ocikit index list LAYOUT:multi'],
];

const umoci: Rows = [
  ['umoci init --layout img', 'ocikit init img'],
  ['umoci unpack --image img:tag bundle', 'ocikit unpack img:tag bundle --bundle', '--rootless is the same word'],
  ['umoci repack --image img:new bundle', 'ocikit commit bundle img:new'],
  ['umoci raw unpack --image img:tag rootfs', 'ocikit unpack img:tag rootfs'],
  ['umoci raw add-layer --image img:tag layer.tar', 'ocikit append img:tag --tar layer.tar'],
  ['umoci insert --image img:tag FILE /etc/', 'ocikit append img:tag --add FILE:/etc/'],
  ['umoci insert --image img:tag --whiteout /etc/old', 'ocikit append img:tag --delete /etc/old'],
  ['umoci config --image img:tag --config.env A=b', "ocikit config img:tag -c 'ENV A=b'"],
  ['umoci config --image img:tag --clear config.labels', 'ocikit config img:tag --unset label'],
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
  ['skopeo list-tags oci:img', 'ocikit images img'],
  ['skopeo copy oci:a:tag oci:b:tag', 'ocikit copy a:tag b:tag'],
  ['skopeo copy --all oci:a:tag oci:b:tag', 'ocikit copy a:tag b:tag --all'],
  ['skopeo copy --format v2s2 oci:a:tag oci:b:tag', 'ocikit copy a:tag b:tag --format docker'],
  [
    'skopeo copy --dest-compress-format zstd:chunked oci:a:tag oci:b:tag',
    'ocikit convert a:tag --compression zstd:chunked -o b:tag',
  ],
  ['skopeo copy oci:a:tag docker-archive:a.tar:app:v1', 'ocikit copy a:tag docker-archive:a.tar:app:v1'],
  ['skopeo delete oci:img:tag', 'ocikit untag img:tag', 'and ocikit gc img for the blobs'],
  [
    'skopeo copy docker://name oci:img:tag',
    'skopeo copy docker://name oci:img:tag',
    'to and from a registry skopeo does the work',
  ],
];

const crane: Rows = [
  ['crane export IMAGE -', 'ocikit export img:tag'],
  ['crane config IMAGE', 'ocikit inspect img:tag --raw config'],
  ['crane manifest IMAGE', 'ocikit inspect img:tag --raw manifest'],
  ['crane append -b IMAGE -f layer.tar -t new', 'ocikit append img:tag --tar layer.tar -t new'],
  ['crane mutate IMAGE --label a=b --entrypoint sh', `ocikit config img:tag -c 'LABEL a=b' -c 'ENTRYPOINT ["sh"]'`],
  ['crane mutate IMAGE --annotation a=b', 'ocikit config img:tag --annotation a=b'],
  ['crane flatten IMAGE', 'ocikit squash img:tag'],
  ['crane rebase IMAGE --old_base old --new_base new', 'ocikit rebase img:tag --old-base base:old --new-base base:new'],
  ['crane index append -m one -m two -t multi', 'ocikit index create img:multi img:one img:two'],
  ['crane index filter multi --platform linux/arm64', 'ocikit index create img:arm64 img:multi --platform linux/arm64'],
  ['crane tag IMAGE new', 'ocikit tag img:tag new'],
  ['crane copy A B', 'ocikit copy a:tag b:tag'],
  ['crane ls REPOSITORY', 'ocikit images img'],
  ['crane digest IMAGE', 'ocikit images img:tag --digests'],
  ['crane delete IMAGE', 'ocikit untag img:tag'],
  ['crane validate --tarball a.tar', 'ocikit validate a.tar'],
  ['crane export IMAGE - | crane append -f - -t new', 'ocikit fix img:tag -t new', 'where an engine refuses a layer'],
];

const regctl: Rows = [
  ['regctl image copy ocidir://a:tag ocidir://b:tag', 'ocikit copy a:tag b:tag --all'],
  ['regctl image mod ocidir://img:tag --create new --label a=b', "ocikit config img:tag -c 'LABEL a=b' -t new"],
  ['regctl image mod ocidir://img:tag --replace --env A=b', "ocikit config img:tag -c 'ENV A=b'"],
  ['regctl image mod ocidir://img:tag --layer-strip-file /etc/key', 'ocikit strip img:tag /etc/key'],
  ['regctl image mod ocidir://img:tag --layer-rm-index 2', 'ocikit drop img:tag --layers 3..3', '1 is the lowest'],
  ["regctl image mod ocidir://img:tag --layer-rm-created-by 'apt-get'", "ocikit drop img:tag --created-by '*apt-get*'"],
  ['regctl image mod ocidir://img:tag --layer-compress zstd', 'ocikit convert img:tag --compression zstd'],
  ['regctl image mod ocidir://img:tag --to-docker', 'ocikit convert img:tag --format docker'],
  ['regctl image mod ocidir://img:tag --rebase-ref old,new', 'ocikit rebase img:tag --old-base old --new-base new'],
  ['regctl image get-file ocidir://img:tag /etc/motd', 'ocikit cat img:tag /etc/motd'],
  ['regctl image export ocidir://img:tag a.tar', 'ocikit save img:tag -o a.tar'],
  ['regctl image import ocidir://img:tag a.tar', 'ocikit load -i a.tar img'],
  ['regctl manifest get ocidir://img:tag', 'ocikit inspect img:tag --raw manifest'],
  ['regctl index create ocidir://img:multi --ref ocidir://img:one', 'ocikit index create img:multi img:one'],
  ['regctl index add ocidir://img:multi --ref ocidir://img:two', 'ocikit index add img:multi img:two'],
  ['regctl index delete ocidir://img:multi --digest sha256:…', 'ocikit index remove img:multi img@sha256:44136fa3'],
  [
    'regctl artifact put --subject ocidir://img:tag --artifact-type T -f sbom.json',
    'ocikit attach img:tag sbom.json --artifact-type application/spdx+json --fallback-tag',
  ],
  ['regctl artifact list ocidir://img:tag', 'ocikit referrers img:tag'],
  ['regctl tag ls ocidir://img', 'ocikit images img'],
  ['regctl tag delete ocidir://img:tag', 'ocikit untag img:tag'],
];

const oras: Rows = [
  [
    'oras attach --oci-layout img:tag --artifact-type T sbom.json',
    'ocikit attach img:tag sbom.json --artifact-type application/spdx+json',
  ],
  ['oras discover --oci-layout img:tag', 'ocikit referrers img:tag --recursive'],
  ['oras manifest fetch --oci-layout img:tag', 'ocikit inspect img:tag --raw manifest'],
  ['oras manifest index create --oci-layout img:multi one two', 'ocikit index create img:multi img:one img:two'],
  ['oras manifest index update --oci-layout img:multi --add two', 'ocikit index add img:multi img:two'],
  ['oras cp -r --from-oci-layout --to-oci-layout a:tag b:tag', 'ocikit copy a:tag b:tag --all --referrers'],
  ['oras tag --oci-layout img:tag new', 'ocikit tag img:tag new'],
  ['oras repo tags --oci-layout img', 'ocikit images img'],
];

const buildah: Rows = [
  ['buildah from app; buildah mount', 'ocikit unpack img:app work --bundle'],
  ['buildah commit work new', 'ocikit commit work img:new'],
  ['buildah commit --squash work new', 'ocikit commit work img:new --squash'],
  ['buildah config --env A=b --cmd sh work', `ocikit config img:app -c 'ENV A=b' -c 'CMD ["sh"]'`],
  ['buildah build -t app .', 'ocikit build . -t img:app'],
  ['buildah add work FILE /etc/', 'ocikit append img:app --add FILE:/etc/'],
  ['buildah manifest create multi; buildah manifest add multi one', 'ocikit index create img:multi img:one'],
  ['buildah manifest remove multi sha256:…', 'ocikit index remove img:multi img@sha256:44136fa3'],
  ['buildah images', 'ocikit images img'],
  ['buildah rmi app', 'ocikit untag img:app'],
];

const dive: Rows = [
  ['CI=true dive app', 'ocikit analyze img:app --max-wasted 5%', 'efficiency and wasted bytes, a gate for CI'],
  ['dive app', 'ocikit files img:app -R -l', 'the layer that made each file what it is'],
  ['dive app, and then send somebody what it shows', 'ocikit report img:app -o app.html', 'a page that opens anywhere'],
  [
    'dive app, and then one file in it',
    'ocikit blame img:app /etc/motd',
    'each layer and line of history that touched it',
  ],
];

/** The tools, and what their users type. */
export const habits: Readonly<Record<string, Rows>> = {
  docker,
  umoci,
  skopeo,
  crane,
  regctl,
  oras,
  buildah,
  dive,
};

const terms = (rows: Rows): readonly (readonly [string, string])[] =>
  rows.map(([theirs, ours, note]) => [theirs, note === undefined ? ours : `${ours} (${note})`]);

/** What people who know another tool type here. */
export const comingFrom: Page = {
  name: 'Coming from docker, umoci, skopeo, crane, regctl, oras or buildah',
  title:
    'What you type there, and here. A layout is a directory (img), an image in it img:tag; archives do as well for reading. What makes an image of an image has -t NAME for the result, or -o PLACE for another place.',
  blocks: Object.entries(habits).flatMap(([tool, rows]): readonly Block[] => [
    { kind: 'heading', text: tool },
    { kind: 'terms', terms: terms(rows) },
  ]),
};
