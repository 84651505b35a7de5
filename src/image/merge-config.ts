import type { ImageConfig, Json } from '../spec/objects.ts';
import { isOfBuildpacks, isOfRunImage } from './buildpacks.ts';
import { eachOf, isSame, Merge, type MergeConflict, type Three, type Values, valuesOf } from './merge.ts';

/** Fields that say something of another image than the one that is made, or that lines of history decide. */
const own: ReadonlySet<string> = new Set(['created', 'rootfs', 'history', 'architecture', 'os', 'config']);
const foreign: ReadonlySet<string> = new Set(['container', 'container_config', 'docker_version', 'id', 'parent']);
const platform: ReadonlySet<string> = new Set(['os.version', 'os.features']);

/** Fields of the execution parameters that are not merged as one value. */
const maps: ReadonlySet<string> = new Set(['Labels', 'ExposedPorts', 'Volumes']);
const commands: ReadonlySet<string> = new Set(['Entrypoint', 'Cmd']);

/**
 * Entrypoint and Cmd mean something only together: who has set the entrypoint has said both (as a Dockerfile's ENTRYPOINT takes
 * the base's CMD away); else the entrypoint is the new base's, and the command is merged alone.
 */
function mergeCommands(merge: Merge, { old, own, fresh }: Three<Values>): Values {
  const field = (name: string): Json | undefined =>
    merge.value(`/config/${name}`, { old: old.get(name), own: own.get(name), fresh: fresh.get(name) });
  const isOwn = !isSame(old.get('Entrypoint'), own.get('Entrypoint'));
  const entrypoint = field('Entrypoint');
  const command = isOwn ? own.get('Cmd') : field('Cmd');
  const merged: readonly (readonly [string, Json | undefined])[] = [
    ['Entrypoint', entrypoint],
    ['Cmd', command],
  ];
  return new Map(merged.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** What says which base an image stands on is inherited, whatever the old base says of itself. */
function withInherited({ old, own, fresh }: Three<Json | undefined>): Three<Json | undefined> {
  if (!isOfBuildpacks(valuesOf(own), valuesOf(fresh))) return { old, own, fresh };
  const others = [...valuesOf(old)].filter(([label]) => !isOfRunImage(label));
  const inherited = [...valuesOf(own)].filter(([label]) => isOfRunImage(label));
  return { old: Object.fromEntries([...others, ...inherited]), own, fresh };
}

function without(values: Values, names: ReadonlySet<string>): Values {
  return new Map([...values].filter(([name]) => !names.has(name)));
}

/** The execution parameters of an image as they would be had it been made on the new base. */
function mergeContainers(merge: Merge, three: Three<Values>): Values {
  const others = eachOf(three, values => without(values, commands));
  const merged = merge.all('/config', others, (pointer, values) => {
    const name = pointer.slice('/config/'.length);
    if (name === 'Env') return merge.variables(pointer, values);
    // The base's triggers were used up when the image was made on it.
    if (name === 'OnBuild') return values.own;
    if (name === 'Labels') return merge.map(pointer, withInherited(values));
    return maps.has(name) ? merge.map(pointer, values) : merge.value(pointer, values);
  });
  return new Map([...merged, ...mergeCommands(merge, three)]);
}

/**
 * An image's config as a rebuild on another base would make it: what the image set itself stays, what it inherited from its old base
 * is as in the new one. Environment variables by name, labels, ports and volumes by key; ONBUILD, times and the platform are the
 * image's, the system's version is the new base's. Where both sides differ from the old base, the image's value stays and is a conflict.
 */
export function mergeConfigs(configs: Three<ImageConfig>): {
  readonly config: ImageConfig;
  readonly conflicts: readonly MergeConflict[];
} {
  const merge = new Merge();
  const three = eachOf(configs, config => valuesOf(config as unknown as Json));
  const merged = new Map(
    merge.all(
      '',
      eachOf(three, values => without(values, new Set([...own, ...foreign, ...platform]))),
    ),
  );
  for (const name of platform) {
    const value = three.fresh.get(name);
    if (value !== undefined) merged.set(name, value);
  }
  const containers = eachOf(three, values => valuesOf(values.get('config')));
  const container = Object.fromEntries(mergeContainers(merge, containers));
  const kept = Object.fromEntries([...three.own].filter(([name]) => own.has(name)));
  const config = {
    ...Object.fromEntries(merged),
    ...kept,
    ...(Object.keys(container).length > 0 || kept['config'] !== undefined ? { config: container } : {}),
  };
  return { config: config as unknown as ImageConfig, conflicts: merge.conflicts };
}
