// Feeds mutated Compose files to the loader and asks only that it survives and stays within its limits. Build with
// -DPLIMSOLL_SANITIZE=address,undefined. With arguments: SEED ROUNDS FILE...; the files are the seeds of the mutations.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "compose/load.hpp"
#include "tests/compose/memory_files.hpp"

using namespace plimsoll;

namespace {

const char* const kFragments[] = {"${A:-",
                                  "}",
                                  "$$",
                                  "${",
                                  "&a ",
                                  "*a",
                                  "<<: *a",
                                  "!reset ",
                                  "!override ",
                                  "[",
                                  "]",
                                  "{",
                                  "}",
                                  "\n- ",
                                  ": ",
                                  "\n  ",
                                  "'",
                                  "\"",
                                  "|\n",
                                  "null",
                                  "~",
                                  "0x",
                                  "1e999",
                                  "-1",
                                  "\x01",
                                  "\\u0001",
                                  "services:",
                                  "extends: ",
                                  "include: [b.yaml]",
                                  "file: b.yaml",
                                  "service: a",
                                  "ports: ",
                                  "80-1:",
                                  "volumes:",
                                  "depends_on: ",
                                  "deploy: ",
                                  "env_file: .env",
                                  "networks: ",
                                  "build: .",
                                  "---\n"};

/// What every project gets uncounted: its name.
constexpr std::size_t kSlack = 1024;

std::string mutate(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t edits = below(5); edits > 0; --edits) {
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0: text.insert(at, kFragments[below(std::size(kFragments))]); break;
      case 1: text.erase(at, below(20)); break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3: text.insert(at, text.substr(below(text.size() + 1), below(60))); break;
      default: {
        const std::size_t line = text.find('\n', at);
        if (line != std::string::npos)
          text.insert(line + 1, std::string(below(6), ' ') + kFragments[below(std::size(kFragments))]);
      }
    }
  }
  return text;
}

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: fuzz_compose SEED ROUNDS FILE...\n";
    return 2;
  }
  std::mt19937 random(static_cast<unsigned>(std::atoi(argv[1])));
  std::size_t resolved = 0;
  for (int round = 0; round < std::atoi(argv[2]); ++round) {
    const auto pick = [&] {
      return mutate(read_file(argv[3 + static_cast<int>(random() % static_cast<unsigned>(argc - 3))]), random);
    };
    const MemoryFiles files({{"/p/a.yaml", pick()},
                             {"/p/b.yaml", pick()},
                             {"/p/.env", random() % 8 == 0 ? mutate("A=1\nB=\"${A}\"\n", random) : "A=1\n"}});
    compose::LoadOptions options;
    options.project_directory = "/p";
    options.files = {"a.yaml", "b.yaml"};
    if (random() % 4 != 0) options.files.pop_back();
    options.unset_is_error = random() % 8 == 0;
    options.strict = random() % 8 == 0;
    options.profiles = {"*"};
    const auto loaded = compose::load_project(files, options);
    if (!loaded.project && !has_errors(loaded.diagnostics)) std::abort();
    if (!loaded.project) continue;
    ++resolved;
    // What comes out cannot be larger than what the load has counted.
    const std::size_t weight = loaded.project->node_count() * kNodeWeight + loaded.project->text_bytes();
    if (weight > loaded.weight + kSlack || loaded.weight > kMaxAppWeight) std::abort();
    static_cast<void>(compose::to_config_json(*loaded.project));
    static_cast<void>(compose::to_config_yaml(*loaded.project));
  }
  std::cout << resolved << " of " << argv[2] << " mutated files resolved\n";
  return 0;
}
