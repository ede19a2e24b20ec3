#include "net/codec/chunk_parts.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/base/check.h"
#include "tests/net/codec/draws.h"

namespace drydock::net {
namespace {

using Part = v1::InstallSnapshotRequest;

Message ChunkOf(const std::string& bytes) {
  const SnapshotMeta meta{.index = Index(9),
                          .term = Term(3),
                          .configuration_index = Index(4),
                          .configuration = Configuration({NodeId(0), NodeId(1)}),
                          .bytes = 20 << 20,
                          .checksum = 77};
  return {.from = NodeId(1),
          .to = NodeId(0),
          .store = StoreId(5),
          .term = Term(6),
          .body = SnapshotChunk{.meta = meta, .offset = 1000, .bytes = Bytes(bytes)}};
}

// Over the wire, part by part.
std::vector<Part> PartsOf(const Message& message) {
  std::vector<Part> parts;
  for (ChunkSplitter splitter(message, 8); !splitter.AtEnd();) {
    Part out;
    splitter.Next(out);
    CHECK(parts.emplace_back().ParseFromString(out.SerializeAsString()));
  }
  return parts;
}

bool TakesAll(ChunkJoiner& joiner, std::vector<Part> parts) {
  for (Part& part : parts) {
    if (!joiner.Take(part)) return false;
  }
  return true;
}

Part Piece(const std::string& bytes) {
  Part part;
  part.set_piece(bytes);
  return part;
}

}  // namespace

TEST_CASE("a chunk comes out of its parts as it went in, and no part is large") {
  Draws draws(1);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunkPieceBytes - 1, kChunkPieceBytes,
        kChunkPieceBytes + 1, 3 * kChunkPieceBytes, std::size_t{kMaxChunkBytes}}) {
    CAPTURE(size);
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; i += 997) bytes[i] = static_cast<char>(draws.Below(256));
    const Message message = ChunkOf(bytes);
    const std::vector<Part> parts = PartsOf(message);
    CHECK(parts.size() == 1 + (size + kChunkPieceBytes - 1) / kChunkPieceBytes);
    for (const Part& part : parts) CHECK(part.ByteSizeLong() < kChunkPieceBytes + 1000);
    ChunkJoiner joiner;
    REQUIRE(TakesAll(joiner, parts));
    REQUIRE(joiner.complete());
    CHECK(joiner.head().cluster == 8);
    const Message back = joiner.TakeMessage();
    CHECK(back.from == message.from);
    CHECK(back.term == message.term);
    const auto& sent = std::get<SnapshotChunk>(message.body);
    const auto& came = std::get<SnapshotChunk>(back.body);
    CHECK(came.meta == sent.meta);
    CHECK(came.offset == sent.offset);
    CHECK(came.bytes.view() == sent.bytes.view());
  }
}

TEST_CASE("parts that make no chunk are refused at once") {
  const std::vector<Part> whole = PartsOf(ChunkOf("four"));
  REQUIRE(whole.size() == 2);
  const auto refuses = [](std::vector<Part> parts) {
    ChunkJoiner joiner;
    return !TakesAll(joiner, std::move(parts));
  };
  CHECK_FALSE(refuses(whole));
  CHECK(refuses({Part()}));
  CHECK(refuses({Piece("four")}));
  CHECK(refuses({whole[0], whole[0]}));
  CHECK(refuses({whole[0], Part()}));
  CHECK(refuses({whole[0], Piece("")}));
  CHECK(refuses({whole[0], Piece("five!")}));
  CHECK(refuses({whole[0], Piece("fo"), Piece("ur!")}));
  CHECK(refuses({whole[0], whole[1], Piece("x")}));
  Part no_configuration = whole[0];
  no_configuration.mutable_head()->clear_configuration();
  CHECK(refuses({no_configuration}));
  ChunkJoiner short_of_one;
  CHECK(TakesAll(short_of_one, {whole[0], Piece("fou")}));
  CHECK_FALSE(short_of_one.complete());
  CHECK_THROWS_AS(short_of_one.TakeMessage(), CheckFailed);
}

TEST_CASE("parts that were garbled on the way are survived") {
  Draws draws(2);
  for (int round = 0; round < 2000; ++round) {
    ChunkJoiner joiner;
    for (const Part& part : PartsOf(ChunkOf(draws.Text()))) {
      std::string bytes = part.SerializeAsString();
      for (std::uint64_t hits = draws.Below(3); hits > 0; --hits) {
        bytes[draws.Below(bytes.size())] = static_cast<char>(draws.Below(256));
      }
      Part garbled;
      if (!garbled.ParseFromString(bytes) || !joiner.Take(garbled)) break;
    }
    if (joiner.complete()) joiner.TakeMessage();
  }
}

}  // namespace drydock::net
