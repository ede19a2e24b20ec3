#include "core/kv/command.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "tests/core/kv/draws.h"
#include "tests/core/kv/kv_fixture.h"

namespace drydock {
namespace {

using namespace std::string_view_literals;

std::vector<ClientRequest> Samples() {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return {
      Sessionless(PutOf("key", "value")),
      Sessionless(PutOf("", "")),
      InSession(SessionId(kMost), kMost, kMost, PutOf("\0\xff\n"sv, "\0"sv)),
      InSession(SessionId(7), 3, 2, DeleteOf("key")),
      Sessionless(DeleteOf("")),
      InSession(SessionId(7), 4, 1, CasOf("key", "old", "new")),
      Sessionless(CasOf("key", "", "new")),
      Sessionless(CasOf("", std::nullopt, "")),
      Sessionless(RegisterOp{100}),
  };
}

// Whatever is accepted must be exactly what its own encoding is.
bool AcceptedOnlyIfCanonical(std::string_view bytes) {
  const auto decoded = DecodeCommand(Bytes(bytes));
  return !decoded || EncodeCommand(*decoded) == bytes;
}

TEST_CASE("command: decoding gives back what was encoded") {
  for (const ClientRequest& request : Samples()) {
    const std::string encoded = EncodeCommand(request);
    const auto decoded = DecodeCommand(Bytes(encoded));
    REQUIRE(decoded);
    CHECK(decoded->session == request.session);
    CHECK(decoded->sequence == request.sequence);
    CHECK(decoded->first_unanswered == request.first_unanswered);
    CHECK(decoded->op.index() == request.op.index());
    CHECK(EncodeCommand(*decoded) == encoded);
  }
  const auto cas = DecodeCommand(Bytes(EncodeCommand(Sessionless(CasOf("k", "", "v")))));
  REQUIRE(cas);
  const auto& op = std::get<CompareAndSetOp>(cas->op);
  CHECK(op.key.view() == "k");
  REQUIRE(op.expected);  // empty is not missing
  CHECK(op.expected->empty());
  CHECK(op.value.view() == "v");
}

TEST_CASE("command: its pieces are the same bytes, and what lies within a value is not copied") {
  std::vector<ClientRequest> requests = Samples();
  requests.push_back(Sessionless(PutOf(std::string(40, 'k'), std::string(1000, 'v'))));
  requests.push_back(Sessionless(CasOf("key", std::string(500, 'e'), std::string(700, 'v'))));
  for (const ClientRequest& request : requests) {
    const std::string whole = EncodeCommand(request);
    for (std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64},
                             whole.size() - 1, whole.size(), whole.size() + 1}) {
      CAPTURE(size);
      const std::vector<Bytes> pieces = EncodeInPieces(request, size);
      REQUIRE(Joined(pieces).view() == whole);
      for (std::size_t i = 0; i + 1 < pieces.size(); ++i) REQUIRE(pieces[i].size() == size);
      REQUIRE(pieces.back().size() <= size);
    }
  }
  const ClientRequest large = Sessionless(PutOf("key", std::string(1000, 'v')));
  const std::string_view value = std::get<PutOp>(large.op).value.view();
  const std::vector<Bytes> pieces = EncodeInPieces(large, 100);
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    CHECK(pieces[i].view().data() >= value.data());
    CHECK(pieces[i].view().data() < value.data() + value.size());
  }
}

TEST_CASE("command: the format of a put is fixed") {
  const ClientRequest request = InSession(SessionId(0x0102), 3, 2, PutOf("k", "vw"));
  CHECK(EncodeCommand(request) ==
        "\x01"
        "\x02\x01\0\0\0\0\0\0"
        "\x03\0\0\0\0\0\0\0"
        "\x02\0\0\0\0\0\0\0"
        "\x01"
        "\x01\0\0\0k"
        "\x02\0\0\0vw"sv);
}

TEST_CASE("command: decoded keys and values share the storage of the entry") {
  const Bytes encoded(EncodeCommand(Sessionless(PutOf("key", "value"))));
  const auto decoded = DecodeCommand(encoded);
  REQUIRE(decoded);
  const char* value = std::get<PutOp>(decoded->op).value.view().data();
  CHECK(value == encoded.view().data() + encoded.size() - 5);
}

TEST_CASE("command: every truncation and every byte too many is refused") {
  for (const ClientRequest& request : Samples()) {
    const std::string encoded = EncodeCommand(request);
    for (std::size_t size = 0; size < encoded.size(); ++size) {
      CHECK_FALSE(DecodeCommand(Bytes(encoded.substr(0, size))));
    }
    for (int byte = 0; byte < 256; ++byte) {
      CHECK_FALSE(DecodeCommand(Bytes(encoded + static_cast<char>(byte))));
      CHECK(AcceptedOnlyIfCanonical(static_cast<char>(byte) + encoded));
    }
  }
}

TEST_CASE("command: no changed byte makes anything but another valid command") {
  for (const ClientRequest& request : Samples()) {
    const std::string encoded = EncodeCommand(request);
    for (std::size_t at = 0; at < encoded.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = encoded;
        changed[at] = static_cast<char>(byte);
        if (!AcceptedOnlyIfCanonical(changed)) FAIL("byte ", at, " as ", byte);
      }
    }
  }
}

TEST_CASE("command: its key is found without decoding it") {
  for (const ClientRequest& request : Samples()) {
    const Bytes encoded(EncodeCommand(request));
    const auto key = KeyOfCommand(encoded);
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.key; }) {
            REQUIRE(key);
            CHECK(*key == op.key.view());
          } else {
            CHECK_FALSE(key);
          }
        },
        request.op);
    for (std::size_t size = 0; size < encoded.size(); ++size) {
      const Bytes cut = encoded.Slice(0, size);
      const auto of_cut = KeyOfCommand(cut);
      if (of_cut) CHECK(of_cut == key);
    }
  }
  CHECK_FALSE(KeyOfCommand(Bytes("\x02 of another format, and long enough for one"sv)));
}

TEST_CASE("command: garbage is refused or is what an encoder writes") {
  Draws draws(2);
  for (int round = 0; round < 200000; ++round) {
    // A good start, so that most of the garbage gets past the first checks.
    std::string garbage = round % 8 == 0 ? "" : EncodeCommand(Sessionless(RegisterOp{100}));
    if (!garbage.empty()) garbage.back() = static_cast<char>(draws.Below(6));
    const std::uint64_t more = draws.Below(20);
    for (std::uint64_t i = 0; i < more; ++i) {
      const std::uint64_t bound = draws.Below(2) == 0 ? 4 : 256;
      garbage.push_back(static_cast<char>(draws.Below(bound)));
    }
    if (!AcceptedOnlyIfCanonical(garbage)) FAIL("round ", round);
  }
}

TEST_CASE("command: a get in the log is a bug of ours") {
  CHECK_THROWS_AS(EncodeCommand(Sessionless(GetOp{})), CheckFailed);
}

}  // namespace
}  // namespace drydock
