import type { Document, Manifest } from '../spec/objects.ts';
import type { ImageNames, InspectArtifact } from './inspect.ts';

/** What can be said of a manifest that is no image (image-spec manifest.md, "Guidelines for Artifact Usage"), in the shape of docker's object. */
export function artifactObject({ value, descriptor }: Document<Manifest>, names: ImageNames): InspectArtifact {
  return {
    Id: descriptor.digest,
    RepoTags: names.repoTags,
    RepoDigests: names.repoDigests,
    ArtifactType: value.artifactType ?? value.config.mediaType,
    Size: value.layers.reduce((total, layer) => total + layer.size, 0),
    ...(value.subject === undefined ? {} : { Subject: value.subject }),
    ...(value.annotations === undefined ? {} : { Annotations: value.annotations }),
    Descriptor: descriptor,
    Layers: value.layers,
  };
}
