#include "net/admin/reflection_service.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpc/channelz/v1/channelz.pb.h>
#include <grpc/health/v1/health.pb.h>
#include <grpc/reflection/v1alpha/reflection.grpc.pb.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "proto/drydock/v1/drydock.pb.h"
#include "proto/raft.pb.h"
#include "tests/net/rpc/loop_server.h"

namespace drydock::net {
namespace {

using grpc::reflection::v1alpha::ServerReflection;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

// A message of each file, so that the linker does not leave the files out.
std::vector<std::string> Services() {
  std::vector<std::string> names;
  for (const auto* message :
       {vote_4_me::descriptor(), v1::Operation::descriptor(),
        grpc::health::v1::HealthCheckRequest::descriptor(), ServerReflectionRequest::descriptor(),
        grpc::channelz::v1::GetServersRequest::descriptor()}) {
    const google::protobuf::FileDescriptor& file = *message->file();
    for (int i = 0; i < file.service_count(); ++i) names.push_back(file.service(i)->full_name());
  }
  return names;
}

class ReflectionServer {
 public:
  ReflectionServer()
      : reflection_(Services()),
        loop_({&reflection_.async_service()},
              [this](grpc::ServerCompletionQueue& queue) { reflection_.Start(queue); }) {}
  ~ReflectionServer() {
    loop_.Stop([this] { reflection_.Close(); }, [this] { return reflection_.live(); },
               std::chrono::minutes(1));
  }
  std::unique_ptr<ServerReflection::Stub> Client() {
    return ServerReflection::NewStub(loop_.Connect());
  }

 private:
  ReflectionService reflection_;
  LoopServer loop_;
};

class Conversation {
 public:
  explicit Conversation(ServerReflection::Stub& stub)
      : stream_(stub.ServerReflectionInfo(&context_)) {}
  ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    CHECK(stream_->Write(request));
    CHECK(stream_->Read(&response));
    return response;
  }
  ServerReflectionResponse AskSymbol(const std::string& symbol) {
    ServerReflectionRequest request;
    request.set_file_containing_symbol(symbol);
    return Ask(request);
  }
  bool Send(const ServerReflectionRequest& request) { return stream_->Write(request); }
  grpc::Status End() {
    stream_->WritesDone();
    ServerReflectionResponse ignored;
    while (stream_->Read(&ignored)) {
    }
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ServerReflectionRequest, ServerReflectionResponse>>
      stream_;
};

std::set<std::string> FilesIn(const ServerReflectionResponse& response) {
  std::set<std::string> names;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    CHECK(file.ParseFromString(bytes));
    CHECK(names.insert(file.name()).second);
  }
  return names;
}

}  // namespace

TEST_CASE("the services that the node has are listed, and each can be described") {
  ReflectionServer server;
  const auto stub = server.Client();
  Conversation conversation(*stub);
  ServerReflectionRequest request;
  request.set_host("here");
  request.set_list_services("*");
  const ServerReflectionResponse listed = conversation.Ask(request);
  CHECK(listed.valid_host() == "here");
  CHECK(listed.original_request().list_services() == "*");
  std::vector<std::string> names;
  for (const auto& service : listed.list_services_response().service()) {
    names.push_back(service.name());
    CHECK_FALSE(FilesIn(conversation.AskSymbol(service.name())).empty());
  }
  CHECK(names == Services());
  CHECK(conversation.End().ok());
}

TEST_CASE("a file is found by its name and by what it declares, and comes with its imports") {
  ReflectionServer server;
  const auto stub = server.Client();
  Conversation conversation(*stub);
  ServerReflectionRequest by_name;
  by_name.set_file_by_filename("grpc/channelz/v1/channelz.proto");
  CHECK(FilesIn(conversation.Ask(by_name)) ==
        std::set<std::string>{"grpc/channelz/v1/channelz.proto", "google/protobuf/any.proto",
                              "google/protobuf/duration.proto", "google/protobuf/timestamp.proto",
                              "google/protobuf/wrappers.proto"});
  const std::set<std::string> raft = {"raft.proto"};
  CHECK(FilesIn(conversation.AskSymbol("Raft")) == raft);
  CHECK(FilesIn(conversation.AskSymbol("Raft.setVal")) == raft);
  CHECK(FilesIn(conversation.AskSymbol("vote_4_me")) == raft);
  CHECK(FilesIn(conversation.AskSymbol("vote_4_me.term")) == raft);
  CHECK(FilesIn(conversation.AskSymbol("grpc.health.v1.HealthCheckResponse.ServingStatus")) ==
        std::set<std::string>{"grpc/health/v1/health.proto"});
  CHECK(conversation.End().ok());
}

TEST_CASE("extensions are found by the message that they extend") {
  ReflectionServer server;
  const auto stub = server.Client();
  Conversation conversation(*stub);
  ServerReflectionRequest numbers;
  numbers.set_all_extension_numbers_of_type("vote_4_me");
  const ServerReflectionResponse none = conversation.Ask(numbers);
  CHECK(none.all_extension_numbers_response().base_type_name() == "vote_4_me");
  CHECK(none.all_extension_numbers_response().extension_number_size() == 0);
  numbers.set_all_extension_numbers_of_type("Nonsense");
  CHECK(conversation.Ask(numbers).error_response().error_code() == grpc::StatusCode::NOT_FOUND);

  ServerReflectionRequest extension;
  extension.mutable_file_containing_extension()->set_containing_type("vote_4_me");
  extension.mutable_file_containing_extension()->set_extension_number(-5);
  CHECK(conversation.Ask(extension).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  extension.mutable_file_containing_extension()->set_containing_type("Nonsense");
  CHECK(conversation.Ask(extension).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(conversation.End().ok());
}

TEST_CASE("what is not known is an answer, and the conversation goes on") {
  ReflectionServer server;
  const auto stub = server.Client();
  Conversation conversation(*stub);
  const ServerReflectionResponse missing = conversation.AskSymbol("no.such.Symbol");
  CHECK(missing.error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(missing.error_response().error_message() == "not found: no.such.Symbol");
  CHECK(missing.original_request().file_containing_symbol() == "no.such.Symbol");
  for (const char* odd : {"", ".", "..", "Raft.", ".Raft", "Raft..setVal", "\xc3\xa4"}) {
    CAPTURE(odd);
    CHECK(conversation.AskSymbol(odd).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  }
  ServerReflectionRequest file;
  file.set_file_by_filename("/etc/passwd");
  CHECK(conversation.Ask(file).error_response().error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(conversation.Ask(ServerReflectionRequest()).error_response().error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_FALSE(FilesIn(conversation.AskSymbol("Raft")).empty());
  CHECK(conversation.End().ok());
}

TEST_CASE("a question that is too long ends the conversation") {
  ReflectionServer server;
  const auto stub = server.Client();
  Conversation conversation(*stub);
  ServerReflectionRequest request;
  request.set_file_containing_symbol(std::string(100000, 'x'));
  CHECK(conversation.Send(request));
  CHECK(conversation.End().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("no more than so many conversations at a time") {
  ReflectionServer server;
  const auto stub = server.Client();
  std::vector<std::unique_ptr<Conversation>> open;
  for (int i = 0; i < 64; ++i) {
    open.push_back(std::make_unique<Conversation>(*stub));
    open.back()->AskSymbol("Raft");
  }
  CHECK(Conversation(*stub).End().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (const auto& conversation : open) CHECK(conversation->End().ok());
}

}  // namespace drydock::net
