// A program with tasks of its own, as a user writes it: SHA-256 of files. Its commands are leptir's: digest start,
// digest push, digest status …
#include <leptir/leptir.h>
#include <openssl/evp.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

namespace {

// The parameters of a task, as a struct.
struct Digest {
  std::string path;
  std::string ledger;  // a file that gets a line for each run, so that the demo can count the runs
};
LEPTIR_PARAMETERS(Digest, path, ledger)

std::string sha256Of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw leptir::TaskError("cannot read " + path);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  char buffer[64 * 1024];
  while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
    EVP_DigestUpdate(context.get(), buffer, static_cast<std::size_t>(file.gcount()));
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int bytes = 0;
  EVP_DigestFinal_ex(context.get(), digest, &bytes);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < bytes; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

void note(const std::string& ledger, const leptir::TaskContext& task) {
  std::ofstream(ledger, std::ios::app) << task.id() + "\n" << std::flush;
}

leptir::Json digestFile(const Digest& digest, leptir::TaskContext& task) {
  note(digest.ledger, task);
  return {{"sha256", sha256Of(digest.path)}};
}

// A task as a class, as in PHP leptir. It throws, hangs or crashes as its parameter says, so that the demo can show how
// leptir handles this.
class Unruly final : public leptir::BaseTask {
  leptir::ExitStatus doJob() override {
    note(getString("ledger"), context());
    const auto manner = getString("manner");
    if (manner == "throw") throw std::runtime_error("this file disagrees with me");
    if (manner == "overrun") std::this_thread::sleep_for(std::chrono::hours(1));
    if (manner == "crash" || (manner == "crash once" && attempt() == 1)) std::raise(SIGSEGV);
    addResponseLine("behaved in attempt " + std::to_string(attempt()));
    return leptir::ExitStatus::Success;
  }
};

}  // namespace

int main(int argc, char** argv) {
  leptir::Program program;
  program.tasks.add<Digest>("digest.file", digestFile);
  program.tasks.add<Unruly>("digest.unruly");
  return leptir::runMain(argc, argv, program);
}
