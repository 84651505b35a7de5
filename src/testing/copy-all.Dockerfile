FROM base
WORKDIR /copied
COPY . .
CMD ["true"]
