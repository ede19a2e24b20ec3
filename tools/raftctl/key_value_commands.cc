// put, get, del and cas.
#include <unistd.h>

#include <utility>

#include "core/text/words.h"
#include "tools/raftctl/arguments.h"
#include "tools/raftctl/cluster.h"
#include "tools/raftctl/commands.h"
#include "tools/raftctl/output.h"

namespace drydock::tools {
namespace {

int Complain(const Error& error) {
  PrintError(error.text);
  return kUsage;
}

// A result in JSON: always one object, whatever became of the call.
std::string JsonOf(const std::string& key, const net::CallResult& result, bool with_value) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.NameMember("outcome", NameOf(result.outcome));
  WriteBytes("key", key, json);
  if (with_value) {
    json.Member("found", result.found);
    if (result.found) WriteBytes("value", result.value, json);
  }
  if (result.index > 0) {
    json.Member("term", result.term);
    json.Member("index", result.index);
  }
  if (!result.endpoint.empty()) json.TextMember("endpoint", result.endpoint);
  if (!result.text.empty()) json.TextMember("text", result.text);
  json.EndObject();
  return text + "\n";
}

int Report(const CommonFlags& common, const std::string& key, const net::CallResult& result,
           bool with_value, const std::string& plain) {
  const int code = ExitCodeOf(result.outcome);
  if (!result.text.empty()) PrintError(result.text);
  if (common.json) return Print(JsonOf(key, result, with_value), code);
  return Print(plain, code);
}

// What the key holds instead of what was expected, for a person.
void TellWhatItHolds(net::CallResult& result, const std::string& key) {
  result.text = Quote(key);
  result.text +=
      result.found ? " holds " + Quote(result.value) + ", not the expected value" : " is missing";
  result.text += "; nothing was changed";
}

ReadMode ModeOf(const std::string& consistency) {
  if (consistency == "stale") return ReadMode::kStale;
  return consistency == "lease" ? ReadMode::kLease : ReadMode::kLinearizable;
}

}  // namespace

int Put(const CommonFlags& common, const std::string& key, const std::string& value) {
  ArgumentReader reader;
  const Result<std::string> key_bytes = reader.Read(key);
  if (!key_bytes.ok()) return Complain(key_bytes.error());
  const Result<std::string> value_bytes = reader.Read(value);
  if (!value_bytes.ok()) return Complain(value_bytes.error());
  const Result<std::unique_ptr<net::Client>> client = OpenClient(common);
  if (!client.ok()) return Complain(client.error());
  const net::CallResult result = client.value()->Put(key_bytes.value(), value_bytes.value());
  const bool done = result.outcome == net::CallOutcome::kOk;
  return Report(common, key_bytes.value(), result, false, done ? "ok\n" : "");
}

// The value's bytes and nothing else, so that a pipe gets what was put. On a terminal a newline
// keeps the prompt off the value.
int Get(const CommonFlags& common, const GetFlags& flags) {
  const Result<std::string> key_bytes = ArgumentReader().Read(flags.key);
  if (!key_bytes.ok()) return Complain(key_bytes.error());
  const Result<std::unique_ptr<net::Client>> client = OpenClient(common);
  if (!client.ok()) return Complain(client.error());
  net::CallResult result = flags.any_node
                               ? client.value()->GetAnywhere(key_bytes.value())
                               : client.value()->Get(key_bytes.value(), ModeOf(flags.consistency));
  const bool done = result.outcome == net::CallOutcome::kOk;
  if (result.outcome == net::CallOutcome::kNotFound) {
    result.text = "there is no key " + Quote(key_bytes.value());
  }
  const bool newline = done && ::isatty(STDOUT_FILENO) == 1;
  return Report(common, key_bytes.value(), result, true,
                done ? result.value + (newline ? "\n" : "") : "");
}

int Delete(const CommonFlags& common, const std::string& key) {
  const Result<std::string> key_bytes = ArgumentReader().Read(key);
  if (!key_bytes.ok()) return Complain(key_bytes.error());
  const Result<std::unique_ptr<net::Client>> client = OpenClient(common);
  if (!client.ok()) return Complain(client.error());
  net::CallResult result = client.value()->Delete(key_bytes.value());
  const bool missing = result.outcome == net::CallOutcome::kOk && !result.found;
  if (missing) {
    result.outcome = net::CallOutcome::kNotFound;
    result.text = "there was no key " + Quote(key_bytes.value());
  }
  const bool done = result.outcome == net::CallOutcome::kOk;
  return Report(common, key_bytes.value(), result, false, done ? "ok\n" : "");
}

int CompareAndSet(const CommonFlags& common, const std::string& key,
                  const std::optional<std::string>& expected, const std::string& value) {
  ArgumentReader reader;
  const Result<std::string> key_bytes = reader.Read(key);
  if (!key_bytes.ok()) return Complain(key_bytes.error());
  std::optional<std::string> expected_bytes;
  if (expected.has_value()) {
    const Result<std::string> read = reader.Read(*expected);
    if (!read.ok()) return Complain(read.error());
    expected_bytes = read.value();
  }
  const Result<std::string> value_bytes = reader.Read(value);
  if (!value_bytes.ok()) return Complain(value_bytes.error());
  const Result<std::unique_ptr<net::Client>> client = OpenClient(common);
  if (!client.ok()) return Complain(client.error());
  net::CallResult result =
      client.value()->CompareAndSet(key_bytes.value(), expected_bytes, value_bytes.value());
  const bool failed = result.outcome == net::CallOutcome::kCompareFailed;
  if (failed) TellWhatItHolds(result, key_bytes.value());
  const bool done = result.outcome == net::CallOutcome::kOk;
  return Report(common, key_bytes.value(), result, failed, done ? "ok\n" : "");
}

}  // namespace drydock::tools
