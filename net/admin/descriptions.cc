#include "net/admin/descriptions.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/status.h>

#include <set>

namespace drydock::net {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::ExtensionRequest;
using grpc::reflection::v1alpha::FileDescriptorResponse;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

const DescriptorPool& Pool() {
  return *DescriptorPool::generated_pool();
}

void Refuse(grpc::StatusCode code, const std::string& text, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(text);
}

void AddWithImports(const FileDescriptor& file, std::set<const FileDescriptor*>& added,
                    FileDescriptorResponse& out) {
  if (!added.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  proto.SerializeToString(out.add_file_descriptor_proto());
  for (int i = 0; i < file.dependency_count(); ++i) AddWithImports(*file.dependency(i), added, out);
}

void TellFile(const FileDescriptor* file, const std::string& sought,
              ServerReflectionResponse& response) {
  if (file == nullptr) return Refuse(grpc::StatusCode::NOT_FOUND, "not found: " + sought, response);
  std::set<const FileDescriptor*> added;
  AddWithImports(*file, added, *response.mutable_file_descriptor_response());
}

void TellExtension(const ExtensionRequest& request, ServerReflectionResponse& response) {
  const Descriptor* type = Pool().FindMessageTypeByName(request.containing_type());
  const FieldDescriptor* extension =
      type == nullptr ? nullptr : Pool().FindExtensionByNumber(type, request.extension_number());
  TellFile(extension == nullptr ? nullptr : extension->file(),
           "extension " + std::to_string(request.extension_number()) + " of " +
               request.containing_type(),
           response);
}

void TellExtensionNumbers(const std::string& name, ServerReflectionResponse& response) {
  const Descriptor* type = Pool().FindMessageTypeByName(name);
  if (type == nullptr) return Refuse(grpc::StatusCode::NOT_FOUND, "not found: " + name, response);
  auto& out = *response.mutable_all_extension_numbers_response();
  out.set_base_type_name(name);
  std::vector<const FieldDescriptor*> extensions;
  Pool().FindAllExtensions(type, &extensions);
  for (const FieldDescriptor* extension : extensions) out.add_extension_number(extension->number());
}

void TellServices(const std::vector<std::string>& services, ServerReflectionResponse& response) {
  auto& out = *response.mutable_list_services_response();
  for (const std::string& service : services) out.add_service()->set_name(service);
}

}  // namespace

void Describe(const ServerReflectionRequest& request, const std::vector<std::string>& services,
              ServerReflectionResponse& response) {
  response.Clear();
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      return TellFile(Pool().FindFileByName(request.file_by_filename()), request.file_by_filename(),
                      response);
    case ServerReflectionRequest::kFileContainingSymbol:
      return TellFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()),
                      request.file_containing_symbol(), response);
    case ServerReflectionRequest::kFileContainingExtension:
      return TellExtension(request.file_containing_extension(), response);
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      return TellExtensionNumbers(request.all_extension_numbers_of_type(), response);
    case ServerReflectionRequest::kListServices:
      return TellServices(services, response);
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  Refuse(grpc::StatusCode::INVALID_ARGUMENT, "the request asks nothing that is known here",
         response);
}

}  // namespace drydock::net
