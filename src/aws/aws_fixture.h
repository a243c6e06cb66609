// For the tests of this module: an environment without anything of AWS, and a server in place of a service.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "aws/credential_chain.h"
#include "aws/json_client.h"
#include "http/http_fixture.h"
#include "tests/support/http_server.h"

extern char** environ;

namespace leptir::aws {

// Sets variables for one test, and forgets all that AWS' tools read meanwhile.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    http::forgetProxies();
    for (const auto& name : namesThatBeginWith("AWS_")) ::unsetenv(name.c_str());
    set("AWS_CONFIG_FILE", "/nonexistent/config");
    set("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
  }
  ~CleanEnvironment() {
    for (const auto& name : namesThatBeginWith("AWS_")) ::unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) const { ::setenv(name.c_str(), value.c_str(), 1); }

 private:
  static std::vector<std::string> namesThatBeginWith(const std::string& beginning) {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text(*entry);
      if (text.starts_with(beginning)) names.push_back(text.substr(0, text.find('=')));
    }
    return names;
  }
};

inline Credentials someCredentials() {
  return {.accessKey = "AKIDEXAMPLE", .secretKey = "geheim/Secret+Key"};
}

// Gives the credentials of a list, one for each fetch, the last one again and again; or an error.
class ScriptedCredentials final : public CredentialSource {
 public:
  struct Script {
    std::vector<Result<Credentials>> results{};
    int fetches = 0;
    Duration longest{};  // of the last fetch
  };
  explicit ScriptedCredentials(std::shared_ptr<Script> script) : script_(std::move(script)) {}

  Result<Credentials> fetch(Duration longest) override {
    const auto index = std::min<std::size_t>(static_cast<std::size_t>(script_->fetches++), script_->results.size() - 1);
    script_->longest = longest;
    return script_->results[index];
  }

 private:
  std::shared_ptr<Script> script_;
};

// The names and values of credentials, to compare them: "KEY SECRET TOKEN"; of an error its message.
inline std::string textOf(const Result<Credentials>& credentials) {
  if (!credentials) return credentials.error().message();
  return credentials->accessKey + " " + credentials->secretKey + " " + credentials->sessionToken;
}

// What the Security Token Service answers.
inline std::string tokenServiceAnswer(const std::string& key, const std::string& expires = "2099-01-01T00:00:00Z") {
  return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
         "<AccessKeyId>" +
         key + "</AccessKeyId><SecretAccessKey>s/" + key + "</SecretAccessKey><SessionToken>t&amp;" + key +
         "</SessionToken><Expiration>" + expires +
         "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

}  // namespace leptir::aws
