#include <CLI/CLI.hpp>
#include <memory>

#include "tools/load/load_flags.h"
#include "tools/raftctl/bench_command.h"
#include "tools/raftctl/commands.h"

namespace drydock::tools {

std::function<int()> AddBench(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* bench = app.add_subcommand("bench", "Put load on the cluster and measure it");
  AddLoadFlags(*bench, flags->settings);
  bench->add_flag("--stream", flags->stream,
                  "One stream of batches, with as many operations under way as there are clients");
  bench->add_flag("--stale", flags->stale,
                  "Reads of what a node has applied; with --reads 100, at the first endpoint");
  bench->add_flag_callback(
      "--no-fill", [flags] { flags->fill = false; }, "With --reads: do not put every key first");
  bench->footer(
      "One channel, to the leader. Times are those that the clients saw; those of the commits are\n"
      "the leader's own, the warm-up included. --timeout is that of one operation (a stream has "
      "none).\n"
      "Exit code 5 when more than 1 % of the operations failed.\n"
      "Examples:\n"
      "  raftctl bench --clients 64 --for 10s\n"
      "  raftctl bench --rate 2000 --reads 90 --value-size 1000\n"
      "  raftctl bench --stream --clients 256 --output json");
  return [flags, &common] { return Bench(common, *flags); };
}

}  // namespace drydock::tools
