import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The only modules that may touch the machine. Keep in step with .dependency-cruiser.mjs. */
const adapters = [
  'src/runtime/{bin,platform}/**',
  'src/runtime/sources/file.ts',
  'src/runtime/standalone/folder.ts',
  'src/runtime/kube/{client,credentials}.ts',
  'src/runtime/gossip/transport.ts',
  'src/runtime/{metrics,webhook}/server.ts',
  'src/migrate/cli.ts',
];

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**', 'docs/api/**', 'test/fixtures/**'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      curly: ['error', 'multi-line'],
      eqeqeq: 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      complexity: ['error', 12],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  {
    files: ['src/**'],
    ignores: adapters,
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'fetch',
        'performance',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take a Clock.' },
        { object: 'Math', property: 'random', message: 'Take a Random.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take a Clock.',
        },
      ],
    },
  },
  {
    files: ['src/runtime/bin/*.ts', 'src/migrate/cli.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'Program > :matches(ExpressionStatement, IfStatement):has(AwaitExpression) ~ VariableDeclaration',
          message: 'The program has run by then: what it needs stands above its first await.',
        },
      ],
    },
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      // What isolatedDeclarations asks for is just what this one forbids.
      '@typescript-eslint/consistent-generic-constructors': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: [
      '*.config.{js,ts}',
      '.dependency-cruiser.mjs',
      'scripts/**',
      'bench/**',
      'test/cluster/images/**',
    ],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-exports': 'off', 'max-lines-per-function': 'off' },
  },
);
