#!/usr/bin/env python3
"""Signs requests a second time, with botocore, and compares the signatures.

Reads a JSON list from the file that the first argument names: of each request its url, headers (as the server has
received them), body (base64), accessKey, secretKey, region and service. Prints each difference; exit status 1 if there
is one, 77 if botocore is missing.
"""
import base64
import json
import re
import sys

try:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(77)

MUST_BE_SIGNED = {"host", "content-type", "x-amz-date"}


def difference(request):
    headers = request["headers"]
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(.*), SignedHeaders=(.*), Signature=(.*)", headers.get("authorization", ""))
    if not found:
        return "no signature"
    scope, names, signature = found[1], found[2].split(";"), found[3]
    must = MUST_BE_SIGNED | {name for name in headers if name.startswith("x-amz-")}
    if must - set(names):
        return f"not signed: {sorted(must - set(names))}"
    date = headers["x-amz-date"]
    if scope != f"{request['accessKey']}/{date[:8]}/{request['region']}/{request['service']}/aws4_request":
        return f"wrong scope {scope}"
    signer = SigV4Auth(Credentials(request["accessKey"], request["secretKey"]), request["service"], request["region"])
    again = AWSRequest(method="POST", url=request["url"], data=base64.b64decode(request["body"]),
                       headers={name: headers[name] for name in names})
    again.context["timestamp"] = date
    canonical = signer.canonical_request(again)
    expected = signer.signature(signer.string_to_sign(again, canonical), again)
    return None if expected == signature else f"{signature} instead of {expected}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        requests = json.load(file)
    differences = 0
    for number, request in enumerate(requests):
        if found := difference(request):
            print(f"request {number} to {request['url']}: {found}")
            differences += 1
    print(f"{len(requests)} requests, {differences} differences")
    sys.exit(1 if differences else 0)


main()
