// Certificates for tests, made with openssl in a folder that goes with them.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "net/security/tls_files.h"
#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {

class TestCertificates {
 public:
  TestCertificates() { Make("x509 -new -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 30"); }

  std::string Path(const std::string& name) const { return folder_ / name; }
  // NAME.pem and NAME.key, signed by CA.pem (ca.pem), with alternative names such as URI:x,IP:y.
  TlsFiles Sign(const std::string& name, const std::string& alternatives = "DNS:localhost",
                const std::string& days = "30", const std::string& ca = "ca") const {
    Write("extensions", "subjectAltName=" + alternatives + "\n");
    Run("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name +
        ".key -out request -subj /CN=" + name);
    Run("x509 -req -in request -CA " + ca + ".pem -CAkey " + ca + ".key -set_serial 1 -days " +
        days + " -extfile extensions -out " + name + ".pem");
    return Files(name, ca);
  }
  TlsFiles Files(const std::string& name, const std::string& ca = "ca") const {
    return {Path(name + ".pem"), Path(name + ".key"), Path(ca + ".pem")};
  }
  void MakeAuthority(const std::string& name) const {
    Make("x509 -new -nodes -keyout " + name + ".key -out " + name + ".pem -subj /CN=" + name +
         " -days 30");
  }
  void Write(const std::string& name, const std::string& text) const {
    WriteWhole(Path(name), text);
  }

 private:
  void Make(const std::string& what) const {
    Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -" + what);
  }
  void Run(const std::string& words) const {
    const std::string command = "cd " + folder_.path() + " && openssl " + words + " 2>openssl.log";
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  }

  TemporaryDirectory folder_;
};

}  // namespace drydock::net
