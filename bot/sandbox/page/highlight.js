// Colours for code: comments, strings, numbers and the usual words of a language. No parser; it may be wrong in peace.

import { make } from "./dom.js";

const WORDS = {
  py: "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield",
  js: "async await break case catch class const continue default delete else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield interface type enum implements readonly",
  sh: "case do done echo elif else esac exit export fi for function if in local return then while",
  sql: "and as asc by create delete desc distinct drop from group having in index insert into is join key left limit not null on or order primary select set table union update values where",
  c: "auto bool break case char class const continue default delete do double else enum extern false float for fn goto if impl inline int let long match mod mut namespace new nullptr private protected pub public return short signed sizeof static struct switch template this true type typedef union unsigned use using virtual void while func package range interface defer go chan map string",
  json: "true false null",
};
const SAME = { python: "py", javascript: "js", ts: "js", typescript: "js", jsx: "js", tsx: "js", bash: "sh", shell: "sh", zsh: "sh", yaml: "json", yml: "json", toml: "json", cpp: "c", "c++": "c", java: "c", rust: "c", rs: "c", go: "c", cs: "c", kotlin: "c" };
const HASHES = new Set(["py", "sh", "json"]);

/** The text of a code block as nodes, coloured where the language is known. */
export function highlight(text, language) {
  const known = SAME[language.toLowerCase()] ?? language.toLowerCase();
  if (known === "diff") return text.split("\n").flatMap((line, at) => [at ? "\n" : "", /^[+-]/u.test(line) ? make("span", { class: line[0] === "+" ? "code-added" : "code-removed" }, line) : line]);
  if (!Object.hasOwn(WORDS, known)) return [text];
  const words = new Set(WORDS[known].split(" "));
  const comment = HASHES.has(known) ? "#[^\\n]*" : known === "sql" ? "--[^\\n]*" : "//[^\\n]*|/\\*[^]*?\\*/";
  const parts = new RegExp(`(?<comment>${comment})|(?<string>"(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\\\\\n]|\\\\.)*'|\`[^\`]*\`)|(?<number>\\b\\d[\\w.]*)|(?<word>[A-Za-z_]\\w*)`, "gu");
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(parts)) {
    const { comment: remark, string, number, word } = match.groups;
    const kind = remark ? "comment" : string ? "string" : number ? "number" : words.has(known === "sql" ? word.toLowerCase() : word) ? "word" : null;
    if (!kind) continue;
    nodes.push(text.slice(end, match.index), make("span", { class: `code-${kind}` }, match[0]));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}
