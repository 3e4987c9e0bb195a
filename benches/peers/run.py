#!/usr/bin/env python3
"""Runs gradus and its peers in turn on one machine and prints best peer / gradus for each workload. See README.md."""
import argparse, json, os, shutil, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
PY = os.environ.get("PEERS_PY", sys.executable)
PYTHON = {
    "torch": "W1 W2 W3 W4 W8 W9 W9x W10 W11 W12 W13", "torch-fused": "W3 W4 W5 W6 W7 W5x W6x W7x W8", "torch-compile": "W4 W9", "jax": "W2 W3 W4 W5 W6 W7 W8 W9 W10 W12 recurrence",
    "numpy": "W9 W10", "micrograd": "W1 W13",
}
RUST = {
    "candle": (["candle-bench"], [], "W1 W2 W3 W4 W8 W9 W10 W12 W13"), "dfdx": (["dfdx-bench"], [], "W1 W2 W3 W4 W8 W9 W10 W13"),
    "burn-flex": (["burn-bench"], ["flex"], "W1 W2 W3 W4 W8 W9 W10 W12 W13"), "gemm-crate": (["kernels"], ["gemm"], "W10"),
    "floor": (["scalars-bench"], ["floor"], "rosenbrock recurrence W13_1e7"), "echidna": (["scalars-bench"], ["echidna"], "rosenbrock recurrence W13_1e7"),
    "echidna-recorded": (["scalars-bench"], ["echidna-recorded"], "rosenbrock recurrence"), "ad_trait": (["scalars-bench"], ["ad_trait"], "rosenbrock recurrence"),
    "num-dual": (["scalars-bench"], ["num-dual"], "rosenbrock"), "adolc": (["adolc-bench"], [], "rosenbrock recurrence"),
    "adolc-recorded": (["adolc-bench"], ["recorded"], "rosenbrock recurrence"),
}
CHECKS = ["loss0", "loss10", "gx0", "ga0", "sum3", "mean", "g0", "gb0", "vHv"]


def run(command, threads):
    env = dict(os.environ, PEER_THREADS=str(threads), RAYON_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), MATMUL_NUM_THREADS=str(threads))
    try:
        out = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, cwd=HERE)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        print(f"  {' '.join(command)}: {error}", file=sys.stderr)
        return []
    lines = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("median_s")]


def commands(workload, ours, wanted):
    yield "gradus", [ours, workload]
    for peer, workloads in PYTHON.items():
        if workload in workloads.split() and (not wanted or peer in wanted):
            yield peer, [PY, os.path.join(HERE, "peers.py"), peer, workload]
    for peer, (binary, rest, workloads) in RUST.items():
        if workload in workloads.split() and (not wanted or peer in wanted):
            arguments = rest if peer == "gemm-crate" else [workload] + rest
            yield peer, [os.path.join(TARGET, "release", binary[0])] + arguments


def differs(ours, theirs):
    for key in CHECKS:
        a, b = ours.get(key), theirs.get(key)
        if a and b and abs(a - b) > 1e-4 * max(abs(a), abs(b)):
            return f"{key} {a} {b}"
    return None


def scale(entry):
    """Seconds per unit where peers use different counts (W1), else seconds."""
    return entry["median_s"] / entry["unit_count"] if entry["workload"] == "W1" else entry["median_s"]


def bench_binary(root=ROOT, target=TARGET):
    command = ["cargo", "bench", "--no-run", "--bench", "workloads", "--message-format=json"]
    env = dict(os.environ, CARGO_TARGET_DIR=target)
    built = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True)
    artifacts = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return [a["executable"] for a in artifacts if a.get("target", {}).get("name") == "workloads" and a.get("executable")][-1]


def binary_of(revision):
    """The workloads of another revision, built in a checkout of its own below the target folder."""
    commit = subprocess.run(["git", "rev-parse", "--verify", revision + "^{commit}"], cwd=ROOT, capture_output=True, text=True)
    if commit.returncode:
        sys.exit(f"--against {revision}: {commit.stderr.strip()}")
    folder = os.path.join(TARGET, "against", commit.stdout.strip()[:12])
    if not os.path.isdir(folder):
        subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, commit.stdout.strip()], cwd=ROOT, check=True)
    return bench_binary(folder, os.path.join(folder, "target"))


def against(args):
    """This state against another revision, in turn: the other's time / this one's, so above 1 this one is faster."""
    programs = {"now": bench_binary(), args.against: binary_of(args.against)}
    best, differ = {}, {}
    for _ in range(args.rounds):
        for workload in args.only.split(","):
            for threads in map(int, args.threads.split(",")):
                for name, program in programs.items():
                    for line in run([program, workload, "--threads", str(threads)], threads):
                        found = best.setdefault((line["workload"], threads), {})
                        if name not in found or scale(line) < scale(found[name]):
                            found[name] = line
    print(f"| workload | threads | {args.against} | now | ratio |\n|---|---|---|---|---|")
    for (workload, threads), found in best.items():
        if len(found) == 2:
            before, now = found[args.against], found["now"]
            note = differs(now, before)
            print(f"| {workload} | {threads} | {show(before)} | {show(now)} | {scale(before) / scale(now):.2f} |{' checksum ' + note if note else ''}")


def memory(args):
    """Peak resident size; of the peers in Python also above what the process held once its packages were imported."""
    wanted = args.peers.split(",") if args.peers else ["torch", "torch-fused", "jax", "candle", "dfdx", "burn-flex"]
    ours = bench_binary()
    print("| one thread | peak of the process, MB | after the imports, MB | above that, MB |\n|---|---|---|---|")
    for workload in "W4,W5,W6,W13".split(","):
        for peer, command in commands(workload, ours, wanted):
            for line in run(command + (["--threads", "1"] if peer == "gradus" else []), 1):
                peak, base = line["peak_rss_mb"], line.get("base_rss_mb")
                above = f"{base:.1f} | {peak - base:.1f}" if base else f"- | {peak:.1f}"
                print(f"| {workload} {peer} | {peak:.1f} | {above} |", flush=True)


def compare(args):
    ours = bench_binary()
    wanted = args.peers.split(",") if args.peers else None
    best = {}
    for workload in args.only.split(","):
        for threads in map(int, args.threads.split(",")):
            for _ in range(args.rounds):
                for peer, command in commands(workload, ours, wanted):
                    command = command + ["--threads", str(threads)] if peer == "gradus" else command
                    for line in run(command, threads):
                        key = (line["workload"], threads, line["peer"] if peer == "gemm-crate" else peer)
                        if key not in best or line["median_s"] < best[key]["median_s"]:
                            best[key] = line
                    print(f"  {time.strftime('%H:%M:%S')} {workload} {peer} {threads}", file=sys.stderr, flush=True)
    with open(os.path.join(TARGET, "peers.jsonl"), "w") as out:
        out.writelines(json.dumps(dict(line, run=list(key))) + "\n" for key, line in best.items())
    table(best)


def table(best):
    print("| workload | threads | gradus | best peer | ratio | others |\n|---|---|---|---|---|---|")
    for workload, threads in dict.fromkeys((w, t) for w, t, _ in best):
        row = {peer: line for (w, t, peer), line in best.items() if (w, t) == (workload, threads)}
        mine = row.pop("gradus", None)
        if not mine or not row:
            continue
        ranked = sorted(row.items(), key=lambda item: scale(item[1]))
        notes = [f"{peer} checksum {d}" for peer, line in ranked if (d := differs(mine, line))]
        peer, first = ranked[0]
        others = ", ".join(f"{p} {scale(l) / scale(mine):.2f}" for p, l in ranked[1:])
        print(f"| {workload} | {threads} | {show(mine)} | {peer} {show(first)} | {scale(first) / scale(mine):.2f} | {others} {'; '.join(notes)} |")


def show(line):
    if line["workload"] in ("W1", "W2", "W13", "W13_1e7"):
        return f"{line['median_s'] / line['unit_count'] * 1e9:.1f} ns"
    if "gflops" in line:
        return f"{line['gflops']:.0f} GFLOP/s"
    return f"{line['median_s'] * 1e3:.3f} ms" if line["median_s"] > 1e-4 else f"{line['median_s'] * 1e6:.2f} µs"


def build():
    print("| hello-MLP | clean release build, s | crates | stripped binary, MB |\n|---|---|---|---|")
    for peer in ["gradus", "dfdx", "candle", "burn-flex"]:
        folder = os.path.join(HERE, "hello", peer)
        target = os.path.join(TARGET, "hello", peer)
        shutil.rmtree(target, ignore_errors=True)
        env = dict(os.environ, CARGO_TARGET_DIR=target, CARGO_BUILD_JOBS="2")
        subprocess.run(["cargo", "fetch", "-q"], cwd=folder, env=env, check=True)
        tree = subprocess.run(["cargo", "tree", "--prefix", "none", "-e", "normal,build"], cwd=folder, env=env, capture_output=True, text=True, check=True)
        crates = len({line.replace(" (*)", "") for line in tree.stdout.splitlines()})
        start = time.time()
        subprocess.run(["cargo", "build", "--release", "-q"], cwd=folder, env=env, check=True)
        seconds = time.time() - start
        binary = os.path.join(target, "release", f"hello-{peer}")
        subprocess.run(["strip", binary], check=True)
        print(f"| {peer} | {seconds:.1f} | {crates} | {os.path.getsize(binary) / 1e6:.2f} |", flush=True)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--only", default="W1,W2,W3,W4,W8,W9,W10,W12,W13")
parser.add_argument("--threads", default="1,2")
parser.add_argument("--peers", help="only these peers, by name")
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--build", action="store_true", help="W14: clean builds of a hello-MLP")
parser.add_argument("--memory", action="store_true", help="peak memory of W4, W5, W6 and a graph of 10^6 nodes")
parser.add_argument("--against", metavar="REV", help="build another revision of gradus too, and compare the two in turn")
arguments = parser.parse_args()
if arguments.against:
    against(arguments)
elif arguments.build:
    build()
elif arguments.memory:
    memory(arguments)
else:
    compare(arguments)
