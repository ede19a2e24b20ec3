#include "tools/load/load_flags.h"

#include <CLI/CLI.hpp>
#include <string>

#include "core/text/units.h"

namespace drydock::tools {
namespace {

CLI::Option* AddDuration(CLI::App& app, const std::string& name, Duration& target,
                         const std::string& description) {
  CLI::Option* option = app.add_option_function<std::string>(
      name,
      [&target, name](const std::string& text) {
        const Result<Duration> duration = ParseDuration(text);
        if (!duration.ok()) throw CLI::ValidationError(name, duration.error().text);
        target = duration.value();
      },
      description);
  return option->type_name("TIME")->default_str(FormatDuration(target));
}

}  // namespace

void AddLoadFlags(CLI::App& app, LoadSettings& settings) {
  CLI::Option* clients =
      app.add_option("--clients", settings.clients,
                     "Closed loop: so many clients, each asks again once it is answered")
          ->capture_default_str();
  CLI::Option* rate = app.add_option("--rate", settings.rate,
                                     "Open loop: operations a second, whatever the answers do; "
                                     "times count from when each was due")
                          ->excludes(clients);
  app.add_flag_callback(
         "--constant", [&settings] { settings.arrivals = Arrivals::kConstant; },
         "With --rate: at equal distances (else as a Poisson process)")
      ->needs(rate);
  app.add_option("--max-outstanding", settings.max_outstanding,
                 "With --rate: so many at once at most; what is due beyond waits")
      ->needs(rate)
      ->capture_default_str();
  CLI::Option* length = AddDuration(app, "--for", settings.length, "How long to measure");
  app.add_option("--operations", settings.operations, "Measure so many operations instead")
      ->excludes(length);
  AddDuration(app, "--warm-up", settings.warm_up, "Load before that, which is not measured");
  app.add_option("--keys", settings.keys, "How many keys there are")->capture_default_str();
  app.add_option("--key-size", settings.key_size, "Bytes of a key")->capture_default_str();
  app.add_option("--value-size", settings.value_size, "Bytes of a value")->capture_default_str();
  app.add_option("--reads", settings.read_percent, "Per cent of operations that are reads")
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "Chooses keys, values and arrivals")
      ->capture_default_str();
}

}  // namespace drydock::tools
