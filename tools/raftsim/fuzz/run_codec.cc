#include "tools/raftsim/fuzz/run_codec.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/codec.h"

namespace drydock::tools {

std::string Encode(const sim::FuzzRun& run) {
  std::string bytes;
  Writer writer(bytes);
  writer.U64(run.hash);
  writer.U64(run.events);
  writer.U64(static_cast<std::uint64_t>(run.virtual_time));
  writer.Blob(run.reached.Write());
  writer.U8(run.failure.has_value() ? 1 : 0);
  if (!run.failure.has_value()) return bytes;
  writer.Blob(run.failure->property);
  writer.Blob(run.failure->detail);
  writer.U64(static_cast<std::uint64_t>(run.failure->time));
  return bytes;
}

sim::FuzzRun Decode(const PoolResult& result) {
  sim::FuzzRun run;
  if (!result.died.empty()) {
    run.failure = sim::Failure{"the process lives", result.died, 0};
    return run;
  }
  Reader reader(result.bytes);
  run.hash = reader.U64();
  run.events = reader.U64();
  run.virtual_time = static_cast<std::int64_t>(reader.U64());
  const auto reached = sim::SituationSet::Read(reader.Blob());
  DRYDOCK_CHECK(reached.ok());
  run.reached = reached.value();
  if (reader.U8() == 0) return run;
  sim::Failure failure;
  failure.property = reader.Blob();
  failure.detail = reader.Blob();
  failure.time = static_cast<std::int64_t>(reader.U64());
  run.failure = std::move(failure);
  return run;
}

}  // namespace drydock::tools
