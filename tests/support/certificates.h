// For tests: a certificate authority and certificates that it has signed, made by the program openssl.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.h"

namespace leptir {

// The files lie in a temporary folder and are removed with the object.
class Authority {
 public:
  explicit Authority(const std::string& name) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 "
        "-subj /CN=" +
        name);
  }

  // Makes NAME.pem and NAME.key for `names` (DNS:localhost,IP:127.0.0.1).
  void sign(const std::string& name, const std::string& names) const {
    request(name, names);
    run("openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 -out " + name +
        ".pem");
  }
  // As sign(), but the certificate expired long ago. `openssl x509` accepts no dates before 3.4 and no negative days
  // since 3.5.
  void signExpired(const std::string& name, const std::string& names) const {
    request(name, names);
    folder_.write("index.txt", "");
    folder_.write("ca.conf",
                  "[ca]\ndefault_ca = ours\n[ours]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n"
                  "default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n");
    run("openssl ca -batch -notext -config ca.conf -in request -cert ca.pem -keyfile ca.key -extfile names "
        "-startdate 20200101000000Z -enddate 20200201000000Z -out " +
        name + ".pem");
  }
  std::string file(const std::string& name) const { return folder_ / name; }

 private:
  void request(const std::string& name, const std::string& names) const {
    folder_.write("names", "subjectAltName=" + names + "\n");
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name +
        ".key -out request -subj /CN=" + name);
  }
  void run(const std::string& command) const {
    if (std::system(("cd " + folder_.path().string() + " && " + command + " >/dev/null 2>openssl.log").c_str()) != 0)
      throw std::runtime_error(command + ": " + readWholeFile(folder_ / "openssl.log"));
  }

  TempDir folder_;
};

// One authority for all tests of the process, since making keys is slow.
inline Authority& sharedAuthority() {
  static Authority ours("ours");
  return ours;
}

}  // namespace leptir
