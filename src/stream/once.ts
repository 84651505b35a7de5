export { once } from '../engine/bytes.ts';
