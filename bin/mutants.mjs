// Source text with all its mutants in it: `__m(n)` says whether mutant n is the one that lives.

const opposite = {
  __proto__: null,
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
  '&&': '||',
  '||': '&&',
  '++': '--',
  '--': '++',
  '+=': '-=',
  '-=': '+=',
};
const siblings = {
  __proto__: null,
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  min: 'max',
  max: 'min',
  allSettled: 'all',
  push: 'unshift',
  indexOf: 'lastIndexOf',
  lastIndexOf: 'indexOf',
};
const dropped = new Set(['filter', 'sort', 'toSorted', 'reverse', 'slice', 'subarray', 'trim', 'toLowerCase']);

const isNode = value => typeof value === 'object' && value !== null && typeof value.type === 'string';
const childrenOf = node => Object.values(node).flat().filter(isNode);
const isText = node => node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');

/** What stands for an expression in its mutants; `text` gives the source of a node. */
function literals(node) {
  if (node.type === 'TemplateLiteral') return ['``'];
  if (node.type === 'ArrayExpression') return node.elements.length > 0 ? ['[]'] : [];
  if (node.type !== 'Literal') return [];
  if (typeof node.value === 'boolean') return [`${!node.value}`];
  if (typeof node.value === 'bigint') return [`${node.value + 1n}n`];
  if (typeof node.value === 'number') return [`${node.value + 1}`];
  return typeof node.value === 'string' ? [node.value === '' ? '"mutant"' : '""'] : [];
}

function operations(node, text) {
  const { type, operator, left, right } = node;
  if (type === 'BinaryExpression') {
    const isJoin = operator === '+' && (isText(left) || isText(right));
    return opposite[operator] === undefined || isJoin ? [] : [`(${text(left)}) ${opposite[operator]} (${text(right)})`];
  }
  if (type === 'LogicalExpression' && operator === '??') return [text(left)];
  if (type === 'LogicalExpression')
    return [`(${text(left)}) ${opposite[operator]} (${text(right)})`, text(left), text(right)];
  if (type === 'UnaryExpression' && (operator === '!' || operator === '-')) return [text(node.argument)];
  if (type === 'UpdateExpression')
    return [node.prefix ? opposite[operator] + text(node.argument) : text(node.argument) + opposite[operator]];
  if (type === 'AssignmentExpression' && opposite[operator] !== undefined)
    return [`${text(left)} ${opposite[operator]} (${text(right)})`];
  return [];
}

function calls(node, text) {
  if (node.type === 'ArrowFunctionExpression' && node.expression && !node.async) return ['() => undefined'];
  const { callee } = node;
  if (node.type !== 'CallExpression' || callee.type !== 'MemberExpression' || callee.computed || callee.optional)
    return [];
  const { name } = callee.property;
  if (dropped.has(name)) return [text(callee.object)];
  if (siblings[name] === undefined) return [];
  return [`(${text(callee.object)}).${siblings[name]}(${node.arguments.map(text).join(', ')})`];
}

/** Where an expression cannot be replaced, or its mutants say nothing: targets, keys, links of a chain, texts of errors. */
function fixedChildren(node) {
  switch (node.type) {
    case 'Property':
    case 'PropertyDefinition':
    case 'MethodDefinition':
      return node.computed ? [] : [node.key];
    case 'AssignmentExpression':
      return [node.left];
    case 'UpdateExpression':
      return [node.argument];
    case 'UnaryExpression':
      return node.operator === 'void' ? [node.argument] : [];
    case 'CallExpression':
      return [node.callee];
    case 'MemberExpression':
      return node.object.type === 'CallExpression' && node.optional ? [node.object] : [];
    case 'TaggedTemplateExpression':
      return [node.quasi];
    case 'ImportExpression':
    case 'ExportNamedDeclaration':
      return [node.source];
    case 'ExpressionStatement':
      return node.directive === undefined ? [] : [node.expression];
    default:
      return [];
  }
}

const skipped = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'TemplateElement',
  'ObjectPattern',
  'ArrayPattern',
]);
const conditional = new Set(['IfStatement', 'ConditionalExpression', 'WhileStatement', 'DoWhileStatement']);

/** All mutants of JavaScript source and the text that holds them; numbers count from `first`. */
export function mutate(source, ast, first) {
  const mutants = [];
  const text = node => source.slice(node.start, node.end);
  const add = (node, to) =>
    mutants.push({ id: first + mutants.length, at: node.start, from: text(node), to }) + first - 1;

  function alternatives(node, { isCondition, isThrown, isFixed }) {
    if (isFixed) return [];
    const found = [...(isThrown ? [] : literals(node)), ...operations(node, text), ...calls(node, text)];
    return isCondition ? [...found, ...(isCondition === 'loop' ? ['false'] : ['true', 'false'])] : found;
  }

  function render(node, place) {
    if (skipped.has(node.type)) return text(node);
    const fixed = fixedChildren(node);
    const isThrown = place.isThrown || node.type === 'ThrowStatement';
    const inChain = node.type === 'ChainExpression' || (place.inChain && /^(Member|Call)Expression$/.test(node.type));
    let [out, at] = ['', node.start];
    for (const child of childrenOf(node).sort((a, b) => a.start - b.start)) {
      if (child.start < at) continue;
      const isLink = inChain && (child === node.object || child === node.callee || child === node.expression);
      const isTest = conditional.has(node.type) && child === node.test;
      const isCondition = isTest ? (/While/.test(node.type) ? 'loop' : 'once') : undefined;
      out += source.slice(at, child.start);
      out += render(child, { isCondition, isThrown, isFixed: fixed.includes(child) || isLink, inChain: isLink });
      at = child.end;
    }
    out += source.slice(at, node.end);
    if (node.type === 'ExpressionStatement' && node.directive === undefined && !text(node).startsWith('super('))
      return `{ if (!__m(${add(node, '')})) ${out} }`;
    const choices = alternatives(node, place).map(to => `__m(${add(node, to)}) ? (${to}) : `);
    return choices.length === 0 ? out : `(${choices.join('')}(${out}))`;
  }
  return { code: render(ast, {}), mutants };
}
