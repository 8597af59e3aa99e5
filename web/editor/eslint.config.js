import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["dist"] },
    {
        files: ["src/**/*.{ts,tsx}"],
        extends: [tseslint.configs.strictTypeChecked, reactHooks.configs.flat.recommended],
        languageOptions: { parserOptions: { projectService: true } },
        rules: {
            "max-lines": ["error", 600],
            "max-lines-per-function": ["error", { max: 100, skipComments: true, skipBlankLines: true }],
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
        },
    },
    { files: ["tests/**/*.mjs"], rules: { "no-unused-vars": ["error", { argsIgnorePattern: "^_" }] } },
);
