#!/usr/bin/env python3
"""The lint of the architecture: `layers.py ROOT` prints every violation as `file:line: what` and exits 1 if any.

Reads src/ and controller/ (and tests/ for the size of files); rules.py says what is enforced.
"""

import fnmatch
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import rules  # noqa: E402
import source_text  # noqa: E402


class Lint:
    def __init__(self, root):
        self.root = Path(root)
        self.found = []
        self.used_exceptions = set()

    def run(self):
        for path in self.sources('src', 'controller'):
            text = path.read_text(encoding='utf-8')
            self.check_name(path)
            self.check_includes(path, text)
            self.check_banned(path, text)
            self.check_functions(path, text)
            if path.suffix == '.hpp':
                self.check_comments(path, text)
        for path in self.sources('src', 'controller', 'tests'):
            self.check_size(path)
        self.check_exceptions()
        return self.found

    def sources(self, *folders):
        for folder in folders:
            base = self.root / folder
            yield from sorted(p for p in base.rglob('*') if p.suffix in ('.hpp', '.cpp') and p.is_file())

    def report(self, path, line, what):
        self.found.append(f'{self.relative(path)}:{line}: {what}')

    def relative(self, path):
        return path.relative_to(self.root).as_posix()

    def layer(self, path):
        parts = path.relative_to(self.root).parts
        return parts[1] if parts[0] == 'src' and len(parts) > 2 else parts[0]

    def check_name(self, path):
        stem = self.relative(path).rsplit('.', 1)[0]
        words = set(re.split(r'[_\-.]', path.stem.lower()))
        if words & rules.EMPTY_NAMES and not self.excepted('name', stem, rules.NAME_EXCEPTIONS):
            self.report(path, 1, f'the file name says nothing: {", ".join(sorted(words & rules.EMPTY_NAMES))}')

    def check_includes(self, path, text):
        layer = self.layer(path)
        if layer not in rules.ARROWS:
            self.report(path, 1, f'src/{layer} is no folder of the architecture; add it to rules.py with its arrows')
            return
        for line, header, quoted in source_text.includes(text):
            if quoted:
                self.check_own_header(path, line, layer, header)
            else:
                self.check_library_header(path, line, layer, header)

    def check_own_header(self, path, line, layer, header):
        folder = header.split('/', 1)[0]
        if '/' not in header or folder not in rules.ARROWS or '..' in header:
            self.report(path, line, f'"{header}": write own headers as "folder/name.hpp", libraries as <name>')
        elif folder != layer and folder not in rules.ARROWS[layer]:
            self.report(path, line, f'{layer} may not include {folder}: no arrow leads from {layer} to {folder}')
        elif layer == 'controller' and folder == 'adapters' and not self.is_wiring(path):
            self.report(path, line, 'only the wiring names concrete adapters')

    def check_library_header(self, path, line, layer, header):
        if header.split('/', 1)[0] in rules.ARROWS and (self.root / 'src' / header).exists():
            self.report(path, line, f'<{header}>: write own headers with quotes')
        if header in rules.STANDARD_HEADERS:
            if layer in rules.PURE and header in rules.IMPURE_HEADERS:
                self.report(path, line, f'<{header}> in {layer}, which is pure')
        elif layer in rules.STANDARD_ONLY:
            matching = [e for e in rules.LIBRARY_EXCEPTIONS if header.startswith(e[1])]
            if not self.excepted('library', self.relative(path), matching):
                self.report(path, line, f'<{header}>: {layer} uses the standard library only')

    def excepted(self, kind, name, table):
        hits = [entry for entry in table if fnmatch.fnmatch(name, entry[0])]
        self.used_exceptions.update((kind, entry) for entry in hits)
        return bool(hits)

    def is_wiring(self, path):
        return any(fnmatch.fnmatch(self.relative(path), pattern) for pattern in rules.WIRING)

    def check_banned(self, path, text):
        layer = self.layer(path)
        lines = source_text.code_only(text).splitlines()
        for pattern, what, folders in rules.BANNED:
            if folders is not None and layer not in folders:
                continue
            for number, line in enumerate(lines, 1):
                if re.search(pattern, line):
                    self.report(path, number, f'{what}, in {layer}' if folders else what)

    def check_comments(self, path, text):
        lines = text.splitlines()
        for number, name in source_text.namespace_level_types(text):
            if not self.is_documented(lines, number - 1):
                self.report(path, number, f'{name} has no /// comment that says what it promises')

    def is_documented(self, lines, index):
        """A comment above (past template and attribute lines), beside, or above the group of one-liners it is in."""
        if '///' in lines[index]:
            return True
        above = index - 1
        while above >= 0 and re.match(r'\s*(template\s*<|\[\[)', lines[above]):
            above -= 1
        if above < 0:
            return False
        if lines[above].lstrip().startswith('///'):
            return True
        one_liner = re.match(r'\s*(class|struct|enum)\b.*\};\s*$', lines[above])
        return one_liner is not None and self.is_documented(lines, above)

    def check_functions(self, path, text):
        for line, name, count in source_text.functions(text):
            where = f'{self.relative(path)}:{name}'
            if count > rules.MAX_FUNCTION_LINES and not self.excepted('function', where, rules.FUNCTION_EXCEPTIONS):
                self.report(path, line, f'{name} has {count} lines; {rules.MAX_FUNCTION_LINES} is the limit, split it')

    def check_size(self, path):
        with path.open(encoding='utf-8') as file:
            count = sum(1 for _ in file)
        if count > rules.MAX_LINES:
            self.report(path, count, f'{count} lines; {rules.MAX_LINES} is the limit, split it by topic')

    def check_exceptions(self):
        for kind, table in (('library', rules.LIBRARY_EXCEPTIONS), ('name', rules.NAME_EXCEPTIONS),
                            ('function', rules.FUNCTION_EXCEPTIONS)):
            for entry in table:
                if (kind, entry) not in self.used_exceptions:
                    self.found.append(f'tests/lint/rules.py: the exception for {entry[0]} is not used; remove it')


def main(arguments):
    if len(arguments) != 2:
        print('usage: layers.py ROOT', file=sys.stderr)
        return 2
    found = Lint(arguments[1]).run()
    print('\n'.join(found) if found else 'the include graph and the rules of the layers hold')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
