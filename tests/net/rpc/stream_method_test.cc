#include "net/rpc/stream_method.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/net/rpc/undecided_server.h"

namespace drydock::net {
namespace {

// A client's end of one stream.
class ClientStream {
 public:
  explicit ClientStream(v1::KeyValueService::Stub& stub) {
    context_.set_deadline(In(std::chrono::minutes(2)));
    stream_ = stub.ExecuteStream(&context_);
  }
  bool Send(std::uint64_t first, std::uint64_t count, std::size_t key_bytes = 0) {
    v1::ExecuteStreamRequest request;
    for (std::uint64_t number = first; number < first + count; ++number) {
      v1::NumberedOperation& numbered = *request.add_operations();
      numbered.set_number(number);
      numbered.mutable_operation()->mutable_get()->set_key(std::to_string(number) +
                                                           std::string(key_bytes, 'k'));
    }
    return stream_->Write(request);
  }
  void HalfClose() { stream_->WritesDone(); }
  // The answers of one message, put into `into`; false at the end.
  bool Receive(std::map<std::uint64_t, std::string>& into) {
    v1::ExecuteStreamResponse response;
    if (!stream_->Read(&response)) return false;
    for (const v1::NumberedAnswer& answer : response.answers()) {
      into[answer.number()] = answer.answer().value();
    }
    return true;
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() { return stream_->Finish(); }
  grpc::Status DrainAndFinish() {
    std::map<std::uint64_t, std::string> ignored;
    while (Receive(ignored)) {
    }
    return Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ExecuteStreamRequest, v1::ExecuteStreamResponse>>
      stream_;
};

}  // namespace

TEST_CASE("ten thousand operations of a stream are answered, whatever the client's pace") {
  UndecidedServer server({.at_once = true});
  const auto stub = server.Client();
  ClientStream stream(*stub);
  std::thread sender([&] {
    for (std::uint64_t first = 0; first < 10000; first += 40) CHECK(stream.Send(first, 40));
    stream.HalfClose();
  });
  std::map<std::uint64_t, std::string> answers;
  while (stream.Receive(answers)) {
  }
  sender.join();
  CHECK(stream.Finish().ok());
  REQUIRE(answers.size() == 10000);
  for (const auto& [number, value] : answers) REQUIRE(value == std::to_string(number));
  CHECK(Eventually([&] { return server.streams() == 0; }));
}

TEST_CASE("a client that half-closed gets the answers that were undecided then") {
  UndecidedServer server;
  const auto stub = server.Client();
  ClientStream stream(*stub);
  CHECK(stream.Send(1, 3));
  stream.HalfClose();
  REQUIRE(Eventually([&] { return server.happened().reads_done == 1; }));
  CHECK(server.Decide() == 3);
  std::map<std::uint64_t, std::string> answers;
  while (stream.Receive(answers)) {
  }
  CHECK(answers.size() == 3);
  CHECK(stream.Finish().ok());
}

TEST_CASE("a stream with too much undecided is not read") {
  UndecidedServer server({.limit = 8});
  grpc::ChannelArguments any_size;  // a slow client gets many answers in one message
  any_size.SetMaxReceiveMessageSize(-1);
  const auto stub = server.Client(any_size);
  ClientStream stream(*stub);
  // Much more than gRPC's windows hold, so that the client's writes stand still meanwhile.
  std::thread sender([&] {
    for (std::uint64_t i = 0; i < 100; ++i) CHECK(stream.Send(i, 1, 100000));
    stream.HalfClose();
  });
  REQUIRE(Eventually([&] { return server.undecided() == 8; }));
  std::map<std::uint64_t, std::string> answers;
  std::thread receiver([&] {
    while (stream.Receive(answers)) {
    }
  });
  CHECK(Eventually([&] {
    server.Decide();
    return server.happened().reads_done == 1 && server.undecided() == 0;
  }));
  sender.join();
  receiver.join();
  CHECK(server.happened().most_undecided == 8);
  CHECK(answers.size() == 100);
  CHECK(stream.Finish().ok());
}

// No read and no write is under way then, so no operation could tell of it.
TEST_CASE("a session that only waits learns that its client has cancelled") {
  UndecidedServer server({.limit = 2});
  const auto stub = server.Client();
  ClientStream stream(*stub);
  CHECK(stream.Send(1, 2));
  REQUIRE(Eventually([&] { return server.undecided() == 2; }));
  stream.Cancel();
  CHECK(stream.Finish().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(Eventually([&] { return server.happened().broken == 1; }));
  CHECK(server.happened().sessions == 1);  // its operations are undecided still
  CHECK(server.Decide() == 2);
  CHECK(Eventually([&] { return server.happened().sessions == 0; }));
  CHECK(server.streams() == 0);
}

TEST_CASE("a session that only waits learns that its connection died") {
  UndecidedServer server({.limit = 2});
  const auto stub = server.Client();
  ClientStream stream(*stub);
  CHECK(stream.Send(1, 2));
  REQUIRE(Eventually([&] { return server.undecided() == 2; }));
  server.loop().CutConnections();
  CHECK(Eventually([&] { return server.happened().broken == 1; }));
  CHECK(stream.Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
  server.Decide();
  CHECK(Eventually([&] { return server.happened().sessions == 0; }));
}

TEST_CASE("a session that reads learns of a cancellation once") {
  UndecidedServer server;
  const auto stub = server.Client();
  ClientStream stream(*stub);
  CHECK(stream.Send(1, 1));
  REQUIRE(Eventually([&] { return server.undecided() == 1; }));
  stream.Cancel();
  CHECK_FALSE(stream.Finish().ok());
  CHECK(Eventually([&] { return server.happened().broken == 1; }));
  server.Decide();
  CHECK(Eventually([&] { return server.happened().sessions == 0; }));
  CHECK(server.happened().broken == 1);
}

TEST_CASE("a session whose client cannot take its answer does not linger") {
  UndecidedServer server;
  grpc::ChannelArguments small;
  small.SetMaxReceiveMessageSize(1000);
  const auto stub = server.Client(small);
  ClientStream stream(*stub);
  CHECK(stream.Send(1, 1, 100000));
  REQUIRE(Eventually([&] { return server.undecided() == 1; }));
  server.Decide();
  CHECK(stream.DrainAndFinish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(Eventually([&] { return server.happened().sessions == 0; }));
}

TEST_CASE("an answer that the server may not send ends the stream for both") {
  UndecidedServer server(
      {.configure = [](grpc::ServerBuilder& builder) { builder.SetMaxSendMessageSize(1000); }});
  const auto stub = server.Client();
  ClientStream stream(*stub);
  CHECK(stream.Send(1, 1, 100000));
  REQUIRE(Eventually([&] { return server.undecided() == 1; }));
  server.Decide();
  CHECK_FALSE(stream.DrainAndFinish().ok());
  CHECK(Eventually([&] { return server.happened().sessions == 0; }));
}

TEST_CASE("a stream above the limit is refused, and the next one after it is not") {
  UndecidedServer server({.at_once = true, .max_streams = 1});
  const auto stub = server.Client();
  ClientStream first(*stub);
  std::map<std::uint64_t, std::string> answers;
  CHECK(first.Send(1, 1));
  CHECK(first.Receive(answers));
  {
    ClientStream second(*stub);
    CHECK(second.DrainAndFinish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  first.HalfClose();
  CHECK(first.DrainAndFinish().ok());
  REQUIRE(Eventually([&] { return server.streams() == 0; }));
  ClientStream third(*stub);
  CHECK(third.Send(1, 1));
  CHECK(third.Receive(answers));
  third.HalfClose();
  CHECK(third.DrainAndFinish().ok());
}

TEST_CASE("a closing method answers what streams have undecided, and then ends them") {
  UndecidedServer server;
  const auto stub = server.Client();
  ClientStream busy(*stub);
  ClientStream idle(*stub);
  CHECK(busy.Send(1, 2));
  REQUIRE(Eventually([&] { return server.undecided() == 2 && server.streams() == 2; }));
  server.loop().Run([&] { server.CloseHere(); });
  CHECK(idle.DrainAndFinish().error_message() == "the node is shutting down");
  CHECK(server.Decide() == 2);
  std::map<std::uint64_t, std::string> answers;
  while (busy.Receive(answers)) {
  }
  CHECK(answers.size() == 2);
  const grpc::Status status = busy.Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message() == "the node is shutting down");
  // With no call left, the server ends long before its grace is over.
  server.Stop(std::chrono::minutes(5));
}

TEST_CASE("a server that ends at once breaks off its streams") {
  for (const bool from_the_loop : {false, true}) {
    UndecidedServer server({.limit = 2});
    const auto stub = server.Client();
    ClientStream waiting(*stub);
    ClientStream reading(*stub);
    ClientStream silent(*stub);
    CHECK(waiting.Send(1, 2));
    CHECK(reading.Send(1, 1));
    REQUIRE(Eventually([&] { return server.undecided() == 3 && server.streams() == 3; }));
    from_the_loop ? server.StopFromTheLoop() : server.Stop();
    CHECK_FALSE(waiting.DrainAndFinish().ok());
    CHECK_FALSE(reading.DrainAndFinish().ok());
    CHECK_FALSE(silent.DrainAndFinish().ok());
  }
}

TEST_CASE("two hundred streams end in every way at once, and nothing is left of them") {
  UndecidedServer server({.limit = 3});
  std::atomic<bool> over = false;
  std::thread node([&] {
    while (!over) {
      server.Decide();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::vector<std::thread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      const auto stub = server.Client();
      for (int i = 0; i < 25; ++i) {
        ClientStream stream(*stub);
        stream.Send(1, 1 + static_cast<std::uint64_t>(i % 5), i % 3 == 0 ? 50000 : 0);
        stream.Send(10, 2);
        std::map<std::uint64_t, std::string> answers;
        if (i % 2 == 0) stream.Receive(answers);
        switch ((client + i) % 4) {
          case 0:
            stream.Cancel();
            break;
          case 1:
            if (i % 10 == 1) server.loop().CutConnections();
            break;
          default:
            break;
        }
        stream.HalfClose();
        stream.DrainAndFinish();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(Eventually([&] { return server.streams() == 0; }));
  CHECK(server.happened().sessions == 0);
  over = true;
  node.join();
}

}  // namespace drydock::net
