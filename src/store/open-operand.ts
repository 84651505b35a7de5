import type { Bytes } from '../engine/engine.ts';
import { findEntry } from '../graph/find-entry.ts';
import { flowSource } from '../graph/flow-source.ts';
import { withDocument } from '../graph/listed-index.ts';
import { type PickedImage, pickImage } from '../graph/pick-image.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import type { Descriptor, Document, ImageIndex, Platform } from '../spec/objects.ts';
import type { Reading, Work } from '../stream/pace.ts';
import type { ImagePlace } from './image-place.ts';
import type { OpenedLayout } from './layout/layout.ts';
import { type OpenedSource, openSource, openSourceIfAny, openStore, openToCopy, placeKey } from './open-source.ts';
import { type ImageOperand, type ParsedOperand, parseOperand } from './parse-operand.ts';

/** An operand whose place is open, with its index as it was then: whatever a verb does of it sees this one state. */
export interface OpenedPlace {
  /** What the user wrote, for messages. */
  readonly subject: string;
  readonly place: ImagePlace;
  readonly source: ImageSource;
  readonly index: Document<ImageIndex>;
}

/**
 * An open place and the descriptor that the operand names in it: an entry of its index, by digest one nested below, or the image
 * that several entries are together. `entries` are those that it stands for.
 */
export interface NamedImage extends OpenedPlace {
  readonly named: Descriptor;
  readonly entries: readonly Descriptor[];
}

/** An image that is to be named otherwise, and its layout. `key` is the same for all spellings of the layout. */
export interface StoredImage extends NamedImage {
  readonly store: ImageStore;
  readonly key: string;
}

export interface OpenedImage extends NamedImage, PickedImage {}

interface PlatformChoice extends Reading {
  /** `os/arch[/variant]`; what is picked must be for it. */
  readonly platform?: string | undefined;
  readonly hostPlatform?: Platform | undefined;
  /** What the option is called that says `platform`, where that is not its name. */
  readonly option?: string;
}

/** What is asked for once a key, however often. */
class Once<T> {
  readonly #known = new Map<string, Promise<T>>();

  get(key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#known.get(key) ?? make();
    this.#known.set(key, made);
    return made;
  }
}

/** The places that one run of a verb has open: one that several of its operands name, in whatever spelling, is opened once. `work` watches and stops it. */
export class OpenPlaces {
  readonly work: Reading;
  readonly #sources = new Once<OpenedSource | undefined>();
  readonly #stores = new Once<OpenedLayout>();

  constructor(work: Reading = {}) {
    this.work = work;
  }

  /** A place to read, called as this operand calls it. Throws as `openSource`. */
  async source(place: ImagePlace): Promise<OpenedSource> {
    const opened = await this.#source(place, () => openSource(place, this.work));
    // What is known to hold no images says so once more.
    return opened ?? openSource(place, this.work);
  }

  /** The same of a file that may be any tar; undefined where it holds no images. */
  sourceIfAny(place: ImagePlace): Promise<OpenedSource | undefined> {
    return this.#source(place, () => openSourceIfAny(place.path, this.work));
  }

  async #source(place: ImagePlace, open: () => Promise<OpenedSource | undefined>): Promise<OpenedSource | undefined> {
    const opened = await this.#sources.get(placeKey(place), async () => {
      const found = await open();
      for (const warning of found?.source.warnings ?? []) this.work.notices?.push(warning);
      return found;
    });
    if (opened === undefined || opened.source.subject === place.path) return opened;
    return { ...opened, source: { ...opened.source, subject: place.path } };
  }

  /** A layout to change. Throws as `openStore`. */
  async store(place: ImagePlace): Promise<OpenedLayout> {
    this.work.signal?.throwIfAborted();
    return this.#stores.get(placeKey(place), () => openStore(place, this.work));
  }
}

/** Finds what an operand names in its open place. Throws as `findEntry`. */
export async function withNamed<T extends OpenedPlace>(
  opened: T,
): Promise<T & Pick<NamedImage, 'named' | 'entries' | 'source'>> {
  const { source, index, place } = opened;
  const { descriptor, entries, made } = await findEntry(source, index, place);
  return { ...opened, named: descriptor, entries, source: made === undefined ? source : withDocument(source, made) };
}

/** Opens the place of an operand that has been taken apart, and finds what it names. */
async function openParsed(parsed: ParsedOperand, places: OpenPlaces = new OpenPlaces()): Promise<NamedImage> {
  return withNamed({ ...parsed, ...(await places.source(parsed.place)) });
}

/** Opens the place of an operand without looking for an image in it. Throws `usage`, `not-found`, `invalid` and `unsupported`. */
export async function openPlace(operand: ImageOperand, places: OpenPlaces = new OpenPlaces()): Promise<OpenedPlace> {
  const parsed = parseOperand(operand, 'read');
  return { ...parsed, ...(await places.source(parsed.place)) };
}

/**
 * Opens the place that an operand (`[KIND:]PATH[:NAME][@DIGEST]`, or its parts) names and finds the entry. Without a name: the
 * only image, else `latest`. Throws `usage`, `not-found`, `invalid`, and `unsupported` for archives that ocikit does not read.
 */
export async function openNamed(operand: ImageOperand, places?: OpenPlaces): Promise<NamedImage> {
  return openParsed(parseOperand(operand, 'read'), places);
}

/** The image of one platform of what was named. Throws as `pickImage` does. */
export async function pickNamed(
  named: NamedImage,
  { platform, hostPlatform, option }: PlatformChoice,
): Promise<OpenedImage> {
  const choice = {
    ...(platform === undefined ? {} : { platform }),
    ...(hostPlatform === undefined ? {} : { hostPlatform }),
    ...(option === undefined ? {} : { option }),
    subject: named.subject,
  };
  return { ...named, ...(await pickImage(named.source, named.named, choice)) };
}

/** Opens an image for reading: its manifest and config, checked; in a multi-platform image those that `platform` picks. Throws as `openNamed` and `pickImage` do. */
export async function openImage(
  operand: ImageOperand,
  choice: PlatformChoice = {},
  places: OpenPlaces = new OpenPlaces(choice),
): Promise<OpenedImage> {
  return pickNamed(await openNamed(operand, places), choice);
}

/** Opens an image's layout, whose index is to be changed. Throws `unsupported` for an archive. */
export async function openStored(parsed: ParsedOperand, places: OpenPlaces = new OpenPlaces()): Promise<StoredImage> {
  const { store, index } = await places.store(parsed.place);
  const source = flowSource({ ...store, subject: parsed.place.path }, places.work);
  return withNamed({ ...parsed, source, store, index, key: placeKey(parsed.place) });
}

/** Opens a place, or a stream of an archive, to copy it into `layout`; `close` removes what was written for it. */
export async function openOperandToCopy(
  from: ParsedOperand | Bytes,
  layout: string,
  work: Work = {},
): Promise<OpenedSource & { readonly close: () => void }> {
  return openToCopy('place' in from ? from.place : from, layout, work);
}
