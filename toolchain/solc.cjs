#!/usr/bin/env node
// A solc command line over the WebAssembly compiler of the npm package, for tools that expect the
// native binary: it answers --version and --standard-json, the two calls ape, forge and we make.
// Outputs are cached under .cache/solc by the hash of compiler version and input. With --serve it
// answers inputs line by line, uncached, for those who compile thousands of variants.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const ROOT = path.resolve(__dirname, "..");
const PACKAGE = packageFor(/-v(\d+\.\d+\.\d+)$/.exec(process.argv[1])?.[1]);
const VERSION = require(`${PACKAGE}/package.json`).version;

// the link's name says the version, package.json which pinned package holds it; plain solc is newest
function packageFor(version) {
  if (version === undefined) return "solc";
  const pins = Object.entries(require("../package.json").dependencies);
  const found = pins.find(([name, pin]) => /^solc\b/.test(name) && pin.endsWith(version));
  if (found) return found[0];
  process.stderr.write(`solc: package.json pins no compiler ${version}: add "npm:solc@${version}"\n`);
  process.exit(1);
}

function compiler() {
  const listeners = process.listeners("uncaughtException");
  const solc = require(PACKAGE);
  // emscripten installs a handler that would turn every later error into a silent exit
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    for (const listener of process.listeners(event)) {
      if (!listeners.includes(listener)) process.removeListener(event, listener);
    }
  }
  return solc;
}

function standardJson(input) {
  const key = crypto.createHash("sha256").update(`${VERSION}\0${input}`).digest("hex");
  const cached = path.join(ROOT, ".cache", "solc", `${key}.json`);
  if (fs.existsSync(cached)) return fs.readFileSync(cached, "utf8");
  const output = compiler().compile(input);
  const failed = (JSON.parse(output).errors || []).some((error) => error.severity === "error");
  if (!failed) {
    fs.mkdirSync(path.dirname(cached), { recursive: true });
    const partial = `${cached}.${process.pid}`;
    fs.writeFileSync(partial, output);
    fs.renameSync(partial, cached);
  }
  return output;
}

function main(args) {
  if (args.includes("--version")) {
    const full = compiler().version().replace(/\.Emscripten\.clang.*$/, ".Linux.g++");
    return `solc, the solidity compiler commandline interface\nVersion: ${full}\n`;
  }
  if (args.includes("--standard-json")) return standardJson(fs.readFileSync(0, "utf8"));
  if (args.includes("--serve")) {
    const solc = compiler();
    const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
    lines.on("line", (input) => process.stdout.write(`${solc.compile(input)}\n`));
    return "";
  }
  process.stderr.write(`solc: --version, --standard-json and --serve are answered, not: ${args.join(" ")}\n`);
  process.exit(1);
}

process.stdout.write(main(process.argv.slice(2)));
