/* Made from schemas/*.json by bin/schemas.mjs: not edited by hand. */

/** Our JSON Schemas (draft 2020-12) by file name. */
export const schemas: Readonly<Record<string, object>> = {
  'content-descriptor.json': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:ocikit:schema:content-descriptor',
    title: 'Content descriptor',
    description: 'image-spec descriptor.md',
    type: 'object',
    required: ['mediaType', 'digest', 'size'],
    properties: {
      mediaType: { $ref: '#/$defs/mediaType' },
      digest: { $ref: '#/$defs/digest' },
      size: { type: 'integer', minimum: 0, maximum: 9007199254740991 },
      urls: { type: ['array', 'null'], items: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s]*$' } },
      annotations: { $ref: '#/$defs/annotations' },
      data: { type: ['string', 'null'], pattern: '^[A-Za-z0-9+/]*={0,2}$' },
      platform: { $ref: '#/$defs/platform' },
      artifactType: { anyOf: [{ $ref: '#/$defs/mediaType' }, { type: 'null' }] },
    },
    $defs: {
      mediaType: {
        type: 'string',
        maxLength: 255,
        pattern: '^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$',
      },
      digest: {
        type: 'string',
        maxLength: 512,
        pattern: '^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$',
        allOf: [
          { if: { pattern: '^sha256:' }, then: { pattern: '^sha256:[a-f0-9]{64}$' } },
          { if: { pattern: '^sha512:' }, then: { pattern: '^sha512:[a-f0-9]{128}$' } },
          { if: { pattern: '^blake3:' }, then: { pattern: '^blake3:[a-f0-9]{64}$' } },
        ],
      },
      annotations: {
        type: ['object', 'null'],
        propertyNames: { minLength: 1 },
        additionalProperties: { type: 'string' },
      },
      platform: {
        type: ['object', 'null'],
        required: ['architecture', 'os'],
        properties: {
          architecture: { type: 'string', minLength: 1 },
          os: { type: 'string', minLength: 1 },
          'os.version': { type: ['string', 'null'] },
          'os.features': { type: ['array', 'null'], items: { type: 'string' } },
          variant: { type: ['string', 'null'] },
          features: { type: ['array', 'null'], items: { type: 'string' } },
        },
      },
    },
  },
  'image-config.json': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:ocikit:schema:image-config',
    title: 'Image configuration',
    description: "image-spec config.md, with docker's extensions of the container config",
    type: 'object',
    required: ['architecture', 'os', 'rootfs'],
    properties: {
      created: { $ref: '#/$defs/time' },
      author: { type: ['string', 'null'] },
      architecture: { type: 'string', minLength: 1 },
      os: { type: 'string', minLength: 1 },
      'os.version': { type: ['string', 'null'] },
      'os.features': { type: ['array', 'null'], items: { type: 'string' } },
      variant: { type: ['string', 'null'] },
      config: {
        type: ['object', 'null'],
        properties: {
          User: { type: ['string', 'null'] },
          ExposedPorts: {
            type: ['object', 'null'],
            propertyNames: { pattern: '^\\d{1,5}(?:-\\d{1,5})?(?:/(?:tcp|udp|sctp))?$' },
            additionalProperties: { type: 'object' },
          },
          Env: { type: ['array', 'null'], items: { type: 'string', pattern: '^[^=]+=[\\s\\S]*$' } },
          Entrypoint: { type: ['array', 'null'], items: { type: 'string' } },
          Cmd: { type: ['array', 'null'], items: { type: 'string' } },
          Volumes: { type: ['object', 'null'], additionalProperties: { type: 'object' } },
          WorkingDir: { type: ['string', 'null'] },
          Labels: { type: ['object', 'null'], additionalProperties: { type: 'string' } },
          StopSignal: { type: ['string', 'null'] },
          ArgsEscaped: { type: ['boolean', 'null'] },
          Memory: { type: ['integer', 'null'] },
          MemorySwap: { type: ['integer', 'null'] },
          CpuShares: { type: ['integer', 'null'] },
          Healthcheck: {
            type: ['object', 'null'],
            properties: {
              Test: { type: ['array', 'null'], items: { type: 'string' } },
              Interval: { type: ['integer', 'null'] },
              Timeout: { type: ['integer', 'null'] },
              StartPeriod: { type: ['integer', 'null'] },
              StartInterval: { type: ['integer', 'null'] },
              Retries: { type: ['integer', 'null'] },
            },
          },
          OnBuild: { type: ['array', 'null'], items: { type: 'string' } },
          Shell: { type: ['array', 'null'], items: { type: 'string' } },
        },
      },
      rootfs: {
        type: 'object',
        required: ['type', 'diff_ids'],
        properties: {
          type: { const: 'layers' },
          diff_ids: { type: 'array', items: { $ref: 'urn:ocikit:schema:content-descriptor#/$defs/digest' } },
        },
      },
      history: {
        type: ['array', 'null'],
        items: {
          type: 'object',
          properties: {
            created: { $ref: '#/$defs/time' },
            author: { type: ['string', 'null'] },
            created_by: { type: ['string', 'null'] },
            comment: { type: ['string', 'null'] },
            empty_layer: { type: ['boolean', 'null'] },
          },
        },
      },
    },
    $defs: {
      time: {
        type: ['string', 'null'],
        pattern:
          '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$',
      },
    },
  },
  'image-index.json': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:ocikit:schema:image-index',
    title: 'Image index',
    description: "image-spec image-index.md; docker's manifest list",
    type: 'object',
    required: ['schemaVersion', 'manifests'],
    properties: {
      schemaVersion: { const: 2 },
      mediaType: {
        enum: ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'],
      },
      artifactType: { $ref: 'urn:ocikit:schema:content-descriptor#/$defs/mediaType' },
      manifests: { type: 'array', items: { $ref: 'urn:ocikit:schema:content-descriptor' } },
      subject: { anyOf: [{ $ref: 'urn:ocikit:schema:content-descriptor' }, { type: 'null' }] },
      annotations: { $ref: 'urn:ocikit:schema:content-descriptor#/$defs/annotations' },
    },
    not: { anyOf: [{ required: ['layers'] }, { required: ['config'] }] },
  },
  'image-layout.json': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:ocikit:schema:image-layout',
    title: 'Image layout header',
    description: 'image-spec image-layout.md, the oci-layout file',
    type: 'object',
    required: ['imageLayoutVersion'],
    properties: { imageLayoutVersion: { type: 'string', pattern: '^1\\.\\d+\\.\\d+$' } },
  },
  'image-manifest.json': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:ocikit:schema:image-manifest',
    title: 'Image manifest',
    description: "image-spec manifest.md; docker's image manifest v2, schema 2",
    type: 'object',
    required: ['schemaVersion', 'config', 'layers'],
    properties: {
      schemaVersion: { const: 2 },
      mediaType: {
        enum: ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'],
      },
      artifactType: { $ref: 'urn:ocikit:schema:content-descriptor#/$defs/mediaType' },
      config: { $ref: 'urn:ocikit:schema:content-descriptor' },
      layers: { type: 'array', items: { $ref: 'urn:ocikit:schema:content-descriptor' } },
      subject: { anyOf: [{ $ref: 'urn:ocikit:schema:content-descriptor' }, { type: 'null' }] },
      annotations: { $ref: 'urn:ocikit:schema:content-descriptor#/$defs/annotations' },
    },
    not: { required: ['manifests'] },
    if: {
      required: ['config'],
      properties: {
        config: { required: ['mediaType'], properties: { mediaType: { const: 'application/vnd.oci.empty.v1+json' } } },
      },
    },
    then: { required: ['artifactType'] },
  },
};
