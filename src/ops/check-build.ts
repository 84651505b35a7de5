import { type CheckDockerfileOptions, checkDockerfile, type DockerfileFinding } from '../dockerfile/check.ts';
import { parsePlatform } from '../spec/platform.ts';
import { Pace } from '../stream/pace.ts';
import { encodeText } from '../tree/path.ts';
import { readInput } from './build/input.ts';
import type { CheckBuildOptions } from './build/options.ts';
import { checkDirectory } from './build/place.ts';
import { path } from './call-kinds.ts';
import { checkCall } from './check-call.ts';

export type { DockerfileFinding };

/** What BuildKit's linter finds in the Dockerfile of a context, and whether anything in it is left out by .dockerignore. Throws as `build` for what cannot be read. */
export async function checkBuild(
  context: string,
  options: CheckBuildOptions = {},
): Promise<readonly DockerfileFinding[]> {
  checkCall('checkBuild', { context: [path, context] }, options);
  const { file, dockerfile, buildArguments = [], platform, hostPlatform } = options;
  await new Pace(options.signal).turn();
  checkDirectory(context);
  const {
    text,
    file: name,
    selection,
  } = await readInput({ kind: 'directory', path: context, close: () => undefined }, { file, dockerfile }, options);
  const target = platform === undefined ? hostPlatform : parsePlatform(platform);
  const given: CheckDockerfileOptions = {
    file: name,
    arguments: Object.fromEntries(
      buildArguments.map(pair => [pair.split('=', 1)[0] as string, pair.slice(pair.indexOf('=') + 1)]),
    ),
    ...(target === undefined ? {} : { platform: target }),
    ...(selection === undefined ? {} : { ignored: source => !selection.has(encodeText(source)) }),
  };
  return checkDockerfile(text, given);
}
