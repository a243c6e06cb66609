"""The commands that compile a block."""
import os

STATEMENTS = """#include <leptir/leptir.h>
{include}
using namespace std::chrono_literals;
void snippet({given});
void snippet({given}) {{
{code}}}
"""


def as_source(snippet, code):
    """The whole source: statements stand in a function, whose parameters the marker has in `given`."""
    if snippet.words.get("compile") != "statements":
        return code
    header = snippet.words.get("include")
    include = f'#include "{header}"' if header else ""
    return STATEMENTS.format(include=include, given=snippet.words.get("given", ""), code=code)


def compile_command(snippet, sources, build):
    """None: no compiler is known for the language. CMake makes a precompiled leptir.h below build/snippets."""
    includes = [f"-I{build}/snippets", f"-I{sources}/include"]
    if "include" in snippet.words:
        includes.append(f"-I{sources}")
    if snippet.language == "cpp":
        options = ["-x", "c++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
        return [os.environ.get("CXX", "c++")] + options + includes
    if snippet.language == "c":
        options = ["-x", "c", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
        return [os.environ.get("CC", "cc")] + options + includes
    return None
