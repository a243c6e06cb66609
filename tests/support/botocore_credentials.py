#!/usr/bin/env python3
"""Says which credentials and region botocore finds, to compare them with those that leptir finds.

Reads a JSON list of cases from the file that the first argument names: of each one the texts of the files `config` and
`credentials`, variables of the `environment`, and a `profile` or null. Prints a JSON list of their results: [access key,
secret key, session token, region], or null where botocore finds no credentials or fails. Exit status 77: botocore is
missing.
"""
import json
import os
import sys
import tempfile

try:
    import botocore.exceptions
    import botocore.session
except ImportError:
    sys.exit(77)


def result(case):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        for name, variable in (("config", "AWS_CONFIG_FILE"), ("credentials", "AWS_SHARED_CREDENTIALS_FILE")):
            os.environ[variable] = os.path.join(folder, name)
            with open(os.environ[variable], "w", encoding="utf-8") as file:
                file.write(case[name])
        os.environ.update(case["environment"], AWS_EC2_METADATA_DISABLED="true")
        session = botocore.session.Session(profile=case["profile"])
        try:
            credentials = session.get_credentials()
            if credentials is None:
                return None
            frozen = credentials.get_frozen_credentials()
            return [frozen.access_key, frozen.secret_key, frozen.token or "", session.get_config_variable("region") or ""]
        except (botocore.exceptions.BotoCoreError, ValueError):
            return None


with open(sys.argv[1], encoding="utf-8") as cases:
    print(json.dumps([result(case) for case in json.load(cases)]))
