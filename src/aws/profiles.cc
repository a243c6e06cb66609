#include "aws/profiles.h"

#include <pwd.h>
#include <unistd.h>

#include "aws/command_words.h"
#include "aws/environment.h"

namespace leptir::aws {
namespace {

constexpr const char* kKeyId = "aws_access_key_id";

std::filesystem::path home() {
  if (auto home = variable("HOME"); !home.empty()) return home;
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  ::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found);
  return found != nullptr ? found->pw_dir : "/";
}

std::filesystem::path pathOfFile(const char* name, const char* usual) {
  const auto named = variable(name);
  if (named.empty()) return home() / ".aws" / usual;
  if (named.starts_with("~/")) return home() / named.substr(2);
  return named;
}

// `[default]` and `[profile NAME]`; the name may be in quotes. Empty: the section is no profile.
std::string profileOfConfigSection(const std::string& section) {
  if (section == "default") return section;
  const auto words = commandWords(section);
  const bool isProfile = words && words->size() == 2 && words->front() == "profile";
  return isProfile ? words->back() : std::string();
}

void addConfigFile(const IniSections& sections, Profiles& profiles) {
  for (const auto& [section, values] : sections) {
    const auto name = profileOfConfigSection(section);
    if (name.empty()) continue;
    auto& profile = profiles.byName[name];
    for (const auto& [key, value] : values) profile.values[key] = value;
    if (profile.has(kKeyId)) profile.keys = Profile::Keys::InConfigFile;
  }
}

void addCredentialsFile(const IniSections& sections, Profiles& profiles) {
  for (const auto& [name, values] : sections) {
    auto& profile = profiles.byName[name];
    for (const auto& [key, value] : values) profile.values[key] = value;
    if (values.contains(kKeyId)) profile.keys = Profile::Keys::InCredentialsFile;
  }
}

}  // namespace

std::string Profile::value(const std::string& key) const {
  const auto found = values.find(key);
  return found != values.end() ? found->second : std::string();
}

const Profile* Profiles::find(const std::string& name) const {
  const auto found = byName.find(name);
  return found != byName.end() ? &found->second : nullptr;
}

std::string Profiles::filePaths() const {
  return configFile.string() + " and " + credentialsFile.string();
}

Result<Profiles> readProfiles() {
  Profiles profiles{.configFile = pathOfFile("AWS_CONFIG_FILE", "config"),
                    .credentialsFile = pathOfFile("AWS_SHARED_CREDENTIALS_FILE", "credentials")};
  const auto config = readIniFile(profiles.configFile);
  if (!config) return config.error();
  const auto credentials = readIniFile(profiles.credentialsFile);
  if (!credentials) return credentials.error();
  addConfigFile(*config, profiles);
  addCredentialsFile(*credentials, profiles);
  return profiles;
}

std::string profileName(const std::string& name) {
  if (!name.empty()) return name;
  for (const auto* each : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (auto named = variable(each); !named.empty()) return named;
  }
  return "default";
}

std::string regionFromEnvironment(const std::string& profile) {
  for (const auto* each : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto region = variable(each); !region.empty()) return region;
  }
  const auto profiles = readProfiles();
  const auto* found = profiles ? profiles->find(profileName(profile)) : nullptr;
  return found != nullptr ? found->value("region") : std::string();
}

}  // namespace leptir::aws
