import { type CheckDockerfileOptions, checkDockerfile, type DockerfileFinding } from '../dockerfile/check.ts';
import { parsePlatform } from '../spec/platform.ts';
import { encodeText } from '../tree/path.ts';
import { checkContext, readInput } from './build-context.ts';
import type { BuildOptions } from './build-options.ts';

/** What BuildKit's linter finds in the Dockerfile of a context, and whether anything in it is left out by .dockerignore. Throws as `build` for what cannot be read. */
export async function checkBuild(
  context: string,
  { file, buildArguments = [], platform, hostPlatform }: BuildOptions,
): Promise<readonly DockerfileFinding[]> {
  checkContext(context);
  const { text, file: path, selection } = readInput(context, file);
  const target = platform === undefined ? hostPlatform : parsePlatform(platform);
  const options: CheckDockerfileOptions = {
    file: path,
    arguments: Object.fromEntries(
      buildArguments.map(pair => [pair.split('=', 1)[0] as string, pair.slice(pair.indexOf('=') + 1)]),
    ),
    ...(target === undefined ? {} : { platform: target }),
    ...(selection === undefined ? {} : { ignored: name => !selection.has(encodeText(name)) }),
  };
  return checkDockerfile(text, options);
}
