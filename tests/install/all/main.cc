// What a user's program needs: find_package(drydock), and headers by the paths of this project.
#include "core/base/crc32c.h"
#include "core/text/units.h"
#include "sim/decisions.h"

int main() {
  const bool core = drydock::Crc32c("123456789") == 0xE3069283;
  const bool text = drydock::ParseDuration("150ms").ok();
  const bool sim = drydock::sim::NameOf(drydock::sim::Decision::kTie) == "tie";
  return core && text && sim ? 0 : 1;
}
