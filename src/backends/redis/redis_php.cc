#include "backends/redis/redis_php.h"

#include <algorithm>
#include <iterator>

#include "backends/redis/redis_connection.h"

namespace leptir::redis {
namespace {

// Classes of PHP 7 and 8 and of their common extensions, in lower case, sorted. Without interfaces: a PHP consumer
// drops a task with the name of an interface unharmed.
constexpr std::string_view kClasses[] = {
    // clang-format off
    "__php_incomplete_class", "addressinfo", "allowdynamicproperties", "appenditerator", "argumentcounterror",
    "arithmeticerror", "arrayiterator", "arrayobject", "assertionerror", "attribute", "badfunctioncallexception",
    "badmethodcallexception", "cachingiterator", "callbackfilteriterator", "closedgeneratorexception", "closure",
    "collator", "compileerror", "curlfile", "curlhandle", "curlmultihandle", "curlsharehandle",
    "curlsharepersistenthandle", "curlstringfile", "dateerror", "dateexception", "dateinterval",
    "dateinvalidoperationexception", "dateinvalidtimezoneexception", "datemalformedintervalstringexception",
    "datemalformedperiodstringexception", "datemalformedstringexception", "dateobjecterror", "dateperiod",
    "daterangeerror", "datetime", "datetimeimmutable", "datetimezone", "deflatecontext", "delayedtargetvalidation",
    "deprecated", "directory", "directoryiterator", "divisionbyzeroerror", "domainexception", "domattr",
    "domcdatasection", "domcharacterdata", "domcomment", "domdocument", "domdocumentfragment", "domdocumenttype",
    "domelement", "domentity", "domentityreference", "domexception", "domimplementation", "domnamednodemap",
    "domnamespacenode", "domnode", "domnodelist", "domnotation", "domprocessinginstruction", "domtext", "domxpath",
    "emptyiterator", "enchantbroker", "enchantdictionary", "error", "errorexception", "exception", "ffi", "fiber",
    "fibererror", "filesystemiterator", "filter\\filterexception", "filter\\filterfailedexception", "filteriterator",
    "finfo", "gdfont", "gdimage", "generator", "globiterator", "gmp", "hashcontext", "infiniteiterator",
    "inflatecontext", "internaliterator", "intlbreakiterator", "intlcalendar", "intlchar",
    "intlcodepointbreakiterator", "intldateformatter", "intldatepatterngenerator", "intlexception",
    "intlgregoriancalendar", "intliterator", "intllistformatter", "intlpartsiterator", "intlrulebasedbreakiterator",
    "intltimezone", "invalidargumentexception", "iteratoriterator", "jsonexception", "lengthexception", "libxmlerror",
    "limititerator", "locale", "logicexception", "messageformatter", "multipleiterator", "mysqli", "mysqli_driver",
    "mysqli_result", "mysqli_sql_exception", "mysqli_stmt", "mysqli_warning", "nodiscard", "norewinditerator",
    "normalizer", "numberformatter", "opensslasymmetrickey", "opensslcertificate", "opensslcertificatesigningrequest",
    "outofboundsexception", "outofrangeexception", "overflowexception", "override", "parentiterator", "parseerror",
    "pdo", "pdoexception", "pdorow", "pdostatement", "phar", "phardata", "pharexception", "pharfileinfo",
    "php_user_filter", "phptoken", "propertyhooktype", "rangeexception", "recursivearrayiterator",
    "recursivecachingiterator", "recursivecallbackfilteriterator", "recursivedirectoryiterator",
    "recursivefilteriterator", "recursiveiteratoriterator", "recursiveregexiterator", "recursivetreeiterator",
    "reflection", "reflectionattribute", "reflectionclass", "reflectionclassconstant", "reflectionconstant",
    "reflectionenum", "reflectionenumbackedcase", "reflectionenumunitcase", "reflectionexception",
    "reflectionextension", "reflectionfiber", "reflectionfunction", "reflectionfunctionabstract",
    "reflectiongenerator", "reflectionintersectiontype", "reflectionmethod", "reflectionnamedtype", "reflectionobject",
    "reflectionparameter", "reflectionproperty", "reflectionreference", "reflectiontype", "reflectionuniontype",
    "reflectionzendextension", "regexiterator", "requestparsebodyexception", "resourcebundle", "returntypewillchange",
    "roundingmode", "runtimeexception", "sensitiveparameter", "sensitiveparametervalue", "sessionhandler", "shmop",
    "simplexmlelement", "simplexmliterator", "snmp", "snmpexception", "soap\\sdl", "soap\\url", "soapclient",
    "soapfault", "soapheader", "soapparam", "soapserver", "soapvar", "socket", "sodiumexception",
    "spldoublylinkedlist", "splfileinfo", "splfileobject", "splfixedarray", "splheap", "splmaxheap", "splminheap",
    "splobjectstorage", "splpriorityqueue", "splqueue", "splstack", "spltempfileobject", "spoofchecker", "sqlite3",
    "sqlite3exception", "sqlite3result", "sqlite3stmt", "stdclass", "streambucket", "sysvmessagequeue",
    "sysvsemaphore", "sysvsharedmemory", "tidy", "tidynode", "transliterator", "typeerror", "uconverter",
    "underflowexception", "unexpectedvalueexception", "unhandledmatcherror", "valueerror", "weakmap", "weakreference",
    "xmlparser", "xmlreader", "xmlwriter", "xsltprocessor", "ziparchive"
    // clang-format on
};
static_assert(std::ranges::is_sorted(kClasses));

// Namespaces of PHP's own extensions: each class in them counts as PHP's.
constexpr std::string_view kNamespaces[] = {"bcmath\\", "dba\\",   "dom\\", "ffi\\",   "ftp\\",    "imap\\",  "ldap\\",
                                            "odbc\\",   "pcntl\\", "pdo\\", "pgsql\\", "pspell\\", "random\\"};

// No class of PHP has a longer name, in bytes.
constexpr std::size_t kMaxPhpClassNameBytes = 40;

// The value of `name` in one line of the reply to CLIENT LIST: " name=value ".
std::string_view fieldOf(std::string_view line, std::string_view name) {
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    const auto field = line.substr(at, end - at);
    if (field.starts_with(name) && field.substr(name.size()).starts_with('=')) return field.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

}  // namespace

std::optional<PhpConsumer> phpConsumerIn(std::string_view clients, int database) {
  while (!clients.empty()) {
    const auto end = std::min(clients.find('\n'), clients.size());
    const auto line = clients.substr(0, end);
    clients.remove_prefix(std::min(end + 1, clients.size()));
    const auto command = fieldOf(line, "cmd");
    if (command != "zcount" && command != "zremrangebyrank") continue;
    if (fieldOf(line, "db") != std::to_string(database)) continue;
    return PhpConsumer{std::string(fieldOf(line, "addr")), std::string(command)};
  }
  return {};
}

Result<std::optional<PhpConsumer>> findPhpConsumer(RedisConnection& connection) {
  const auto reply = connection.run({"CLIENT", "LIST", "TYPE", "normal"});
  if (!reply && reply.error().code() == ErrorCode::Unavailable) return reply.error();
  if (!reply) return std::optional<PhpConsumer>();
  return phpConsumerIn(reply->value().text(), connection.address().database);
}

// PHP's class names are case-insensitive and may begin with a backslash.
bool isClassOfPhp(std::string_view name) {
  if (name.starts_with('\\')) name.remove_prefix(1);
  if (name.size() > kMaxPhpClassNameBytes) return false;
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return std::ranges::binary_search(kClasses, std::string_view(lower)) ||
         std::ranges::any_of(kNamespaces, [&](std::string_view its) { return lower.starts_with(its); });
}

}  // namespace leptir::redis
