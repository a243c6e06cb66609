#include "aws/process_credentials.h"

#include "aws/command_output.h"
#include "aws/command_words.h"
#include "aws/credential_document.h"
#include "leptir/json.h"

namespace leptir::aws {
namespace {

bool isVersion1(const std::string& document) {
  const auto json = parseJson(document, 8);
  return json && json->is_object() && json->value("Version", Json()) == 1;
}

}  // namespace

Result<Credentials> processCredentials(const std::string& command, Duration longest) {
  const auto words = commandWords(command);
  if (!words || words->empty())
    return Error(ErrorCode::Invalid, "credential_process: the command has a quote that is not closed, or no words");
  const auto output = runForOutput(*words, longest);
  if (!output) return output.error().in("credential_process");
  if (!isVersion1(*output))
    return Error(ErrorCode::Invalid, "credential_process " + words->front() +
                                         ": must print a JSON object with \"Version\": 1 on its stdout");
  return readCredentialDocument(*output, "SessionToken").map_error([&](const Error& error) {
    return error.in("credential_process " + words->front());
  });
}

}  // namespace leptir::aws
