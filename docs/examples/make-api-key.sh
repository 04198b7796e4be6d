key=$(openssl rand -hex 32)
echo "for the client: $key"
echo "for the config: sha256:$(printf %s "$key" | openssl dgst -sha256 -r | cut -d ' ' -f 1)"
