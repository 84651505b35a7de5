import { hostname } from 'node:os';

console.log(
  `hello from node ${process.versions.node.split('.')[0]} on ${process.arch}, in ${process.cwd()}, as ${process.env.WHO ?? hostname()}`,
);
