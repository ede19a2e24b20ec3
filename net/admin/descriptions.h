// The answers of reflection, from the descriptors that are compiled into the program.
#pragma once

#include <string>
#include <vector>

#include <grpc/reflection/v1alpha/reflection.pb.h>

namespace drydock::net {

// What is not known, or not asked in a way that is understood, is answered with an ErrorResponse.
// A file comes with all that it imports. `services` are the names to list.
void Describe(const grpc::reflection::v1alpha::ServerReflectionRequest& request,
              const std::vector<std::string>& services,
              grpc::reflection::v1alpha::ServerReflectionResponse& response);

}  // namespace drydock::net
