#include "net/rpc/failure_text.h"

#include "core/text/words.h"

namespace drydock::net {

std::string CauseIn(const std::string& message) {
  const bool is_chain =
      message.rfind("failed to connect", 0) == 0 || message.rfind("DNS resolution failed", 0) == 0;
  const std::size_t last = message.rfind(": ");
  const bool cut = is_chain && last != std::string::npos && last + 2 < message.size();
  return cut ? message.substr(last + 2) : message;
}

std::string WhyCallFailed(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "no answer in time";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "it does not know the call; it may be an older version";
    default:
      return Shorten(CauseIn(status.error_message()));
  }
}

}  // namespace drydock::net
