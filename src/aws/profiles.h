// The profiles of the AWS tools: what ~/.aws/config and ~/.aws/credentials say together.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "aws/ini_file.h"
#include "leptir/result.h"

namespace leptir::aws {

struct Profile {
  IniSection values{};  // those of the credentials file count more
  // Where `aws_access_key_id` stands: in the credentials file it counts more than `credential_process`.
  enum class Keys { None, InConfigFile, InCredentialsFile } keys = Keys::None;

  // Empty: there is no such key.
  std::string value(const std::string& key) const;
  bool has(const std::string& key) const { return !value(key).empty(); }
};

struct Profiles {
  std::filesystem::path configFile, credentialsFile;
  std::map<std::string, Profile> byName{};

  // Null: there is none of this name.
  const Profile* find(const std::string& name) const;
  // "/home/me/.aws/config and /home/me/.aws/credentials".
  std::string filePaths() const;
};

// Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else those in ~/.aws.
Result<Profiles> readProfiles();

// `name`, else what AWS_PROFILE says, else `default`.
std::string profileName(const std::string& name);

// The region that AWS_REGION or AWS_DEFAULT_REGION names, else the one of the profile. Empty: none is known.
std::string regionFromEnvironment(const std::string& profile);

}  // namespace leptir::aws
